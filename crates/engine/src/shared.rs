//! What the audio thread publishes for everybody: atomics only, written in place.

mod cell;
mod voice;

pub use voice::VoiceReading;

use crate::effect::MAX_PARAMS;
use crate::key::{EdgeKey, EffectKey, TrackKey, VoiceKey};
use crate::meter::{Meter, MeterCell, MeterReading};
use crate::meter_tap::{TapCell, TotalsCell};
use crate::ramp::Ramp;
use crate::transport::TransportReading;
use crate::usage::Usage;
use cell::{Cell, pack};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use voice::VoiceCell;

/// Engine time as of the newest callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockReading {
    /// The next frame to be rendered, after that callback.
    pub frame: u64,
    /// Frames of the newest callback.
    pub block: u64,
    /// Monotonic nanoseconds at which that callback began.
    pub at_ns: u64,
}

/// The published state of one engine.
///
/// Counters only grow. Everything may be read from any thread at any time; nothing here blocks
/// the audio thread.
#[derive(Debug)]
pub struct Shared {
    version: AtomicU64,
    frame: AtomicU64,
    block: AtomicU64,
    at_ns: AtomicU64,
    late: AtomicU64,
    late_by: AtomicU64,
    stale: AtomicU64,
    stolen: AtomicU64,
    voices: AtomicU32,
    done: AtomicU64,
    max_depth: AtomicU32,
    tracks: Vec<TrackCell>,
    voice_cells: Vec<VoiceCell>,
    edges: Vec<Cell<1>>,
    effects: Vec<Cell<MAX_PARAMS>>,
    graph_latency: AtomicU32,
    transport: TransportCell,
    pub(crate) usage: Usage,
    pub(crate) meter_taps: Vec<TapCell>,
    /// Every meter of a caller's own from here on was never used.
    meter_taps_top: AtomicU32,
}

/// The transport's reading, under the version of the clock.
#[derive(Debug)]
struct TransportCell {
    playing: AtomicBool,
    beat: AtomicU64,
    tempo: AtomicU64,
    looped: AtomicBool,
    start: AtomicU64,
    end: AtomicU64,
    rate: u32,
}

#[derive(Debug)]
struct TrackCell {
    /// Volume and pan.
    values: Cell<2>,
    poisoned: AtomicBool,
    meter: MeterCell,
    totals: TotalsCell,
}

impl Shared {
    pub(crate) fn new(sizes: &SharedSizes) -> Self {
        let SharedSizes {
            tracks,
            channels,
            slots,
            edges,
            effects,
            meter_taps,
            rate,
        } = *sizes;
        Self {
            version: AtomicU64::new(0),
            frame: AtomicU64::new(0),
            block: AtomicU64::new(0),
            at_ns: AtomicU64::new(0),
            late: AtomicU64::new(0),
            late_by: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            stolen: AtomicU64::new(0),
            voices: AtomicU32::new(0),
            done: AtomicU64::new(0),
            max_depth: AtomicU32::new(0),
            tracks: (0..tracks)
                .map(|_| TrackCell {
                    values: Cell::new(),
                    poisoned: AtomicBool::new(false),
                    meter: MeterCell::new(channels),
                    totals: TotalsCell::new(channels),
                })
                .collect(),
            voice_cells: (0..slots).map(|_| VoiceCell::new()).collect(),
            edges: (0..edges).map(|_| Cell::new()).collect(),
            effects: (0..effects).map(|_| Cell::new()).collect(),
            graph_latency: AtomicU32::new(0),
            transport: TransportCell {
                playing: AtomicBool::new(false),
                beat: AtomicU64::new(0),
                tempo: AtomicU64::new(120f64.to_bits()),
                looped: AtomicBool::new(false),
                start: AtomicU64::new(0),
                end: AtomicU64::new(0),
                rate,
            },
            usage: Usage::default(),
            meter_taps: (0..meter_taps).map(|_| TapCell::new(channels)).collect(),
            meter_taps_top: AtomicU32::new(0),
        }
    }

    /// The engine clock.
    pub fn clock(&self) -> ClockReading {
        self.consistent(|| ClockReading {
            frame: self.frame.load(Ordering::Relaxed),
            block: self.block.load(Ordering::Relaxed),
            at_ns: self.at_ns.load(Ordering::Relaxed),
        })
    }

    /// The transport as of the engine clock's frame.
    pub fn transport(&self) -> TransportReading {
        let number = |cell: &AtomicU64| f64::from_bits(cell.load(Ordering::Relaxed));
        let cell = &self.transport;
        self.consistent(|| {
            let range = (number(&cell.start), number(&cell.end));
            TransportReading {
                playing: cell.playing.load(Ordering::Relaxed),
                frame: self.frame.load(Ordering::Relaxed),
                beat: number(&cell.beat),
                tempo: number(&cell.tempo),
                looped: cell.looped.load(Ordering::Relaxed).then_some(range),
                rate: cell.rate,
            }
        })
    }

    /// Figures that belong together: a version counter that is odd while they change makes the
    /// reader try again.
    fn consistent<T>(&self, read: impl Fn() -> T) -> T {
        loop {
            let before = self.version.load(Ordering::Acquire);
            let reading = read();
            // Orders the loads before the second look at the version.
            fence(Ordering::Acquire);
            if before & 1 == 0 && self.version.load(Ordering::Relaxed) == before {
                return reading;
            }
            std::hint::spin_loop();
        }
    }

    pub(crate) fn publish_clock(&self, reading: ClockReading, transport: &TransportReading) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        // Orders the odd version before the stores.
        fence(Ordering::Release);
        self.frame.store(reading.frame, Ordering::Relaxed);
        self.block.store(reading.block, Ordering::Relaxed);
        self.at_ns.store(reading.at_ns, Ordering::Relaxed);
        let cell = &self.transport;
        let (start, end) = transport.looped.unwrap_or_default();
        cell.playing.store(transport.playing, Ordering::Relaxed);
        cell.beat.store(transport.beat.to_bits(), Ordering::Relaxed);
        cell.tempo
            .store(transport.tempo.to_bits(), Ordering::Relaxed);
        let looped = transport.looped.is_some();
        cell.looped.store(looped, Ordering::Relaxed);
        cell.start.store(start.to_bits(), Ordering::Relaxed);
        cell.end.store(end.to_bits(), Ordering::Relaxed);
        self.version.store(version + 2, Ordering::Release);
    }

    /// Events that came after their frame.
    pub fn late_events(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// By how many frames the newest late event was late.
    pub fn late_by(&self) -> u64 {
        self.late_by.load(Ordering::Relaxed)
    }

    pub(crate) fn count_late(&self, by: u64) {
        self.late_by.store(by, Ordering::Relaxed);
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    /// Commands for voices that had ended.
    pub fn stale_commands(&self) -> u64 {
        self.stale.load(Ordering::Relaxed)
    }

    pub(crate) fn count_stale(&self) {
        self.stale.fetch_add(1, Ordering::Relaxed);
    }

    /// Voices that newer ones replaced.
    pub fn stolen_voices(&self) -> u64 {
        self.stolen.load(Ordering::Relaxed)
    }

    pub(crate) fn count_stolen(&self) {
        self.stolen.fetch_add(1, Ordering::Relaxed);
    }

    /// Voices that sound or are paused now, without those that fade because they were stolen: never
    /// more than `max_voices`.
    pub fn voices(&self) -> u32 {
        self.voices.load(Ordering::Relaxed)
    }

    pub(crate) fn publish_voices(&self, count: u32) {
        self.voices.store(count, Ordering::Relaxed);
    }

    /// Counted events that have taken effect.
    pub fn events_done(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }

    pub(crate) fn count_done(&self, count: u64) {
        self.done.fetch_add(count, Ordering::Release);
    }

    /// Most messages that a block found in the control queue.
    pub fn max_depth(&self) -> u32 {
        self.max_depth.load(Ordering::Relaxed)
    }

    pub(crate) fn note_depth(&self, depth: u32) {
        self.max_depth.fetch_max(depth, Ordering::Relaxed);
    }

    /// A track's volume, as it sounds now; `None`: it is not in service, or not yet.
    pub fn track_volume(&self, track: TrackKey) -> Option<f64> {
        self.track_value(track, 0)
    }

    /// A track's pan, as it sounds now; `None`: it is not in service, or not yet.
    pub fn track_pan(&self, track: TrackKey) -> Option<f64> {
        self.track_value(track, 1)
    }

    fn track_value(&self, track: TrackKey, index: usize) -> Option<f64> {
        let cell = self.tracks.get(track.index as usize)?;
        cell.values
            .number(pack(track.index, track.generation), index)
    }

    pub(crate) fn publish_track(&self, track: TrackKey, volume: f64, pan: f64) {
        let cell = &self.tracks[track.index as usize];
        let numbers = [volume.to_bits(), pan.to_bits()];
        let key = pack(track.index, track.generation);
        cell.values.publish(key, numbers, |_| {});
    }

    /// A track is out of service.
    pub(crate) fn hide_track(&self, track: TrackKey) {
        if let Some(cell) = self.tracks.get(track.index as usize) {
            cell.values.hide(pack(track.index, track.generation));
        }
    }

    /// A connection's gain, as it sounds now; `None`: it has ended, or has not begun.
    pub fn edge_gain(&self, edge: EdgeKey) -> Option<f64> {
        let cell = self.edges.get(edge.index as usize)?;
        cell.number(pack(edge.index, edge.generation), 0)
    }

    pub(crate) fn publish_edge(&self, edge: EdgeKey, gain: f64) {
        let key = pack(edge.index, edge.generation);
        self.edges[edge.index as usize].publish(key, [gain.to_bits()], |_| {});
    }

    /// A connection has ended.
    pub(crate) fn hide_edge(&self, edge: EdgeKey) {
        if let Some(cell) = self.edges.get(edge.index as usize) {
            cell.hide(pack(edge.index, edge.generation));
        }
    }

    /// A parameter of an effect, by its place, as it sounds now; `None`: the effect is in no chain,
    /// or has no such parameter.
    pub fn effect_param(&self, effect: EffectKey, param: usize) -> Option<f64> {
        let cell = self.effects.get(effect.index as usize)?;
        let value = cell.number(pack(effect.index, effect.generation), param)?;
        // What a kind has no parameter for is shown as no number.
        (!value.is_nan()).then_some(value)
    }

    pub(crate) fn publish_effect(&self, effect: EffectKey, params: &[Ramp]) {
        let numbers = params.iter().map(|ramp| ramp.current().to_bits());
        let key = pack(effect.index, effect.generation);
        self.effects[effect.index as usize].publish(key, numbers, |cells| {
            for cell in cells {
                cell.store(f64::NAN.to_bits(), Ordering::Relaxed);
            }
        });
    }

    /// An effect is in no chain any more.
    pub(crate) fn hide_effect(&self, effect: EffectKey) {
        if let Some(cell) = self.effects.get(effect.index as usize) {
            cell.hide(pack(effect.index, effect.generation));
        }
    }

    /// Frames by which effects that look ahead delay everything.
    pub fn graph_latency(&self) -> u32 {
        self.graph_latency.load(Ordering::Relaxed)
    }

    pub(crate) fn publish_graph_latency(&self, frames: u32) {
        self.graph_latency.store(frames, Ordering::Relaxed);
    }

    pub(crate) fn totals(&self, track: TrackKey) -> Option<&TotalsCell> {
        self.tracks
            .get(track.index as usize)
            .map(|cell| &cell.totals)
    }

    /// Shows a track's levels to its meter.
    pub(crate) fn publish_meter(&self, track: TrackKey, meter: &mut Meter) {
        let cell = &self.tracks[track.index as usize];
        meter.publish(&cell.meter);
        cell.totals.publish(track.generation, meter);
        meter.forget_peaks();
    }

    /// Shows the tracks' peaks to the meters of callers' own, each once; before the tracks publish.
    pub(crate) fn raise_taps<'a>(&self, meter_of: impl Fn(TrackKey) -> Option<&'a Meter>) {
        let top = self.meter_taps_top.load(Ordering::Acquire) as usize;
        for tap in &self.meter_taps[..top] {
            if let Some(meter) = tap.owner().and_then(&meter_of) {
                tap.raise(meter);
            }
        }
    }

    pub(crate) fn note_meter_tap(&self, cell: usize) {
        self.meter_taps_top
            .fetch_max(cell as u32 + 1, Ordering::AcqRel);
    }

    /// A track's levels over the last 100 ms, after its fader.
    pub fn meter(&self, track: TrackKey) -> MeterReading {
        self.tracks
            .get(track.index as usize)
            .map_or_else(MeterReading::default, |cell| cell.meter.read())
    }

    /// Whether a non-finite sample closed this track since the last call.
    pub fn take_poisoned(&self, track: u32) -> bool {
        self.tracks
            .get(track as usize)
            .is_some_and(|cell| cell.poisoned.swap(false, Ordering::Relaxed))
    }

    pub(crate) fn note_poisoned(&self, track: usize) {
        self.tracks[track].poisoned.store(true, Ordering::Relaxed);
    }

    /// A voice as it sounds now; `None` when it does not.
    pub fn voice(&self, voice: VoiceKey) -> Option<VoiceReading> {
        self.voice_cells.iter().find_map(|cell| cell.read(voice))
    }

    pub(crate) fn publish_voice(&self, slot: usize, voice: Option<(VoiceKey, VoiceReading)>) {
        self.voice_cells[slot].publish(voice);
    }
}

/// How much room the published state has.
pub(crate) struct SharedSizes {
    pub tracks: usize,
    pub channels: usize,
    pub slots: usize,
    pub edges: usize,
    pub effects: usize,
    pub meter_taps: usize,
    pub rate: u32,
}
