//! An open capture: device, pipeline, readers, and the thread that looks after the device.

mod channels;
mod live;
mod sink;
mod watch;

pub(crate) use self::live::CaptureLatency;

use self::sink::{Nowhere, Sink, door};
use self::watch::{Core, StepSync, watch};
use crate::error::Error;
use crate::lock::lock;
use crate::options::CaptureOptions;
use crate::outlet::{Outlet, Report};
use crate::recorder::{RecordSpec, Recording};
use noxrun_capture::{CaptureSpec, Meter, Reader, ReaderSpec};
use noxrun_device::{AudioThreadStats, CaptureSink, Granted, StreamRequest, Supervisor};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

/// Counters of a capture. Samples unless said otherwise.
#[derive(Debug, Clone)]
pub struct CaptureStats {
    /// The pipeline's account: `captured == delivered + dropped + buffered`.
    pub pipeline: noxrun_capture::CaptureStats,
    /// Callbacks run.
    pub callbacks: u64,
    /// Deadlines missed.
    pub xruns: u64,
    /// Callback time as a share of its deadline: mean, p50, p99, max.
    pub load: [f64; 4],
    /// What happened inside callbacks.
    pub audio_thread: AudioThreadStats,
}

/// A capture on a device. Methods may be called from any thread.
pub struct Capture {
    core: Arc<Core>,
    options: CaptureOptions,
    rate: u32,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Capture {
    /// Opens a device and starts capturing.
    ///
    /// # Errors
    /// `ERR_NO_DEVICE` (says what was tried), `ERR_DEVICE_BUSY`, `ERR_UNSUPPORTED_CONFIG`,
    /// `ERR_BACKEND`.
    pub fn open(options: &CaptureOptions) -> Result<Self, Error> {
        #[cfg(feature = "sabotage")]
        noxrun_sabotage::init();
        let sync = Arc::new(StepSync::default());
        let request = StreamRequest {
            device: options.device.clone(),
            fallback: crate::device::fallback(options.fallback_virtual),
            sample_rate: options.sample_rate,
            // One channel is the average of all that the device has, so all are taken, and what
            // a map means must not depend on its length.
            channels: (options.channels > 1 && options.channel_map.is_none())
                .then_some(options.channels as u16),
            least_channels: channels::least(options),
            buffer_size: options.buffer_size,
            audit: options.audit,
            hooks: Some(sync.clone()),
        };
        let outlet = Arc::new(Outlet::default());
        let mut opened = None;
        let stream = noxrun_device::open_input(&request, |granted| {
            let rate = options.sample_rate.unwrap_or(granted.sample_rate);
            let result = check_hop(options, rate).and_then(|()| {
                let pre_roll = pre_roll_of(options, rate)?;
                let spec = CaptureSpec {
                    device_rate: granted.sample_rate,
                    device_channels: usize::from(granted.channels),
                    rate,
                    channels: options.channels,
                    channel_map: options.channel_map.clone(),
                    capacity: options
                        .capacity
                        .unwrap_or((2 * rate as usize + pre_roll) * options.channels),
                    quality: options.quality,
                    wake: options.wake,
                    max_callback_frames: granted.buffer_size as usize,
                    pre_roll,
                    voice: options.voice,
                };
                Ok(noxrun_capture::open(spec)?)
            });
            match result {
                Ok((input, hub)) => {
                    let door = door(input, granted);
                    let sink = Sink::new(&door, granted);
                    opened = Some(Ok((hub, rate, door)));
                    Box::new(sink)
                }
                Err(error) => {
                    opened = Some(Err(error));
                    Box::new(Nowhere)
                }
            }
        })
        .map_err(|error| channels::refused(options, error))?;
        let (hub, rate, door) = match opened {
            Some(Ok(opened)) => opened,
            Some(Err(error)) => return Err(error),
            None => {
                let message = "the device opened without taking a sink";
                return Err(Error::new(crate::ErrorCode::Backend, message));
            }
        };
        hub.on_dropped({
            let outlet = Arc::clone(&outlet);
            Arc::new(move |dropped| {
                outlet.push(Report::Dropped {
                    samples: dropped.samples,
                    frame: dropped.frame,
                });
            })
        });
        let granted = stream.granted().clone();
        let again = {
            let door = Arc::clone(&door);
            Arc::new(move |granted: &Granted| {
                Sink::again(&door, granted).map(|sink| Box::new(sink) as Box<dyn CaptureSink>)
            })
        };
        // What is delivered stays as it is, so another rate than the first is only wished for.
        let request = StreamRequest {
            sample_rate: Some(rate),
            ..request
        };
        let core = Arc::new(Core {
            hub,
            outlet,
            granted,
            door,
            failure_told: AtomicBool::new(false),
            supervisor: Mutex::new(Supervisor::input(stream, request, again)),
            closing: Mutex::new(false),
            bell: Condvar::new(),
        });
        // Attached once, right after opening.
        let _ = sync.core.set(Arc::downgrade(&core));
        let thread = std::thread::Builder::new()
            .name("noxrun-watch".into())
            .spawn({
                let core = Arc::clone(&core);
                move || watch(&core)
            })
            .map_err(|error| {
                let message = format!("a thread could not be started: {error}");
                Error::new(crate::ErrorCode::Backend, message)
            })?;
        Ok(Self {
            core,
            options: options.clone(),
            rate,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// What the device granted, with the warnings of opening.
    pub fn granted(&self) -> &Granted {
        &self.core.granted
    }

    /// Delivered rate in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.rate
    }

    /// Delivered channels.
    pub fn channels(&self) -> usize {
        self.options.channels
    }

    /// Seconds from the device's input to the ring.
    pub fn latency(&self) -> f64 {
        self.core.latency()
    }

    /// Frames a chunk: as opened, or 20 ms.
    pub fn chunk(&self) -> usize {
        chunk_of(&self.options, self.rate)
    }

    /// A reader with the capture's chunk and hop.
    ///
    /// # Errors
    /// `ERR_CLOSED`.
    pub fn reader(&self) -> Result<Reader, Error> {
        let chunk = self.chunk();
        self.reader_of(chunk, self.options.hop.unwrap_or(chunk))
    }

    /// A reader whose chunks do not overlap, whatever the capture's hop.
    ///
    /// # Errors
    /// `ERR_CLOSED`.
    pub fn stream_reader(&self) -> Result<Reader, Error> {
        let chunk = self.chunk();
        self.reader_of(chunk, chunk)
    }

    fn reader_of(&self, chunk: usize, hop: usize) -> Result<Reader, Error> {
        if self.is_closed() {
            return Err(Error::closed("capture"));
        }
        let outlet = Arc::clone(&self.core.outlet);
        Ok(self.core.hub.reader(ReaderSpec {
            chunk,
            hop,
            notify: Arc::new(move || outlet.push(Report::Readable)),
        })?)
    }

    /// Records to WAV or FLAC files from now on, on a thread of its own.
    ///
    /// # Errors
    /// `ERR_CLOSED`, `ERR_INVALID_ARG`, `ERR_OUT_OF_RANGE`, `ERR_NOT_FOUND`, `ERR_ACCESS`, `ERR_IO`.
    pub fn record(&self, spec: &RecordSpec) -> Result<Recording, Error> {
        if self.is_closed() {
            return Err(Error::closed("capture"));
        }
        let chunk = (self.rate as usize / 50).max(1);
        let reader = || self.reader_of(chunk, chunk);
        Recording::start(spec, self.rate, self.options.channels, reader)
    }

    /// Levels over the last 100 ms.
    pub fn meter(&self) -> Meter {
        self.core.hub.meter()
    }

    /// Captures nothing until [`Capture::resume`]; the frame axis goes on.
    pub fn pause(&self) {
        self.core.pass_until_now();
        self.core.hub.pause();
    }

    /// Captures again.
    pub fn resume(&self) {
        self.core.pass_until_now();
        self.core.hub.resume();
    }

    /// Counters.
    pub fn stats(&self) -> CaptureStats {
        let supervisor = lock(&self.core.supervisor);
        let (totals, load) = (supervisor.totals(), supervisor.status().load());
        drop(supervisor);
        CaptureStats {
            pipeline: self.core.hub.stats(),
            callbacks: totals.callbacks,
            xruns: totals.xruns,
            load: [load.mean, load.p50, load.p99, load.max],
            audio_thread: totals.audio_thread,
        }
    }

    /// Where reports wait.
    pub fn outlet(&self) -> &Arc<Outlet> {
        &self.core.outlet
    }

    /// Stops capturing and hands the last sample to the readers, without waiting for them.
    pub fn close(&self) {
        {
            let mut closing = lock(&self.core.closing);
            if std::mem::replace(&mut *closing, true) {
                return;
            }
        }
        self.core.bell.notify_all();
        if let Some(thread) = lock(&self.thread).take() {
            // A panic there was reported by its hook.
            let _ = thread.join();
        }
        self.core.end();
        self.core.hub.close_and_join();
        self.core.outlet.push(Report::Readable);
    }

    /// Whether [`Capture::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.core.is_closing()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.close();
        self.core.outlet.set_bell(None);
    }
}

/// Frames a chunk at `rate` Hz: as asked for, or 20 ms.
fn chunk_of(options: &CaptureOptions, rate: u32) -> usize {
    let default = (f64::from(rate) * 0.020).round() as usize;
    options.chunk.unwrap_or(default).max(1)
}

/// Most samples of a pre-roll: as of the ring's, half a gigabyte.
const MAX_PRE_ROLL: usize = 1 << 27;

/// Frames at `rate` Hz that are kept while paused. Only with the rate it is known what they need.
fn pre_roll_of(options: &CaptureOptions, rate: u32) -> Result<usize, Error> {
    let frames = (options.pre_roll * f64::from(rate)).round() as usize;
    if frames.saturating_mul(options.channels) <= MAX_PRE_ROLL {
        return Ok(frames);
    }
    let most = (MAX_PRE_ROLL / options.channels) as f64 / f64::from(rate);
    let (channels, seconds) = (options.channels, options.pre_roll);
    Err(Error::new(
        crate::ErrorCode::OutOfRange,
        format!(
            "preRoll must be from 0 to {most:.1} with {channels} channels at {rate} Hz, got {seconds}"
        ),
    ))
}

/// The default chunk is known only with the device's rate, and so is whether a hop fits into it.
fn check_hop(options: &CaptureOptions, rate: u32) -> Result<(), Error> {
    let chunk = chunk_of(options, rate);
    match options.hop {
        Some(hop) if !(1..=chunk).contains(&hop) => Err(Error::new(
            crate::ErrorCode::OutOfRange,
            format!("hop must be from 1 to {chunk}, the frames of a chunk, got {hop}"),
        )),
        _ => Ok(()),
    }
}
