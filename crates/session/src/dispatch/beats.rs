//! What waits for a beat, and when it has to cross.
//!
//! The transport moves on the audio thread. What it may come to soon has to be there before:
//! everything up to its position, or to a position that it was put on lately, and as many beats
//! beyond as it could pass in twice the horizon at the fastest tempo that was asked for. What lies
//! behind a position crosses too: the audio thread knows whether it is late or a loop comes by it.

use noxrun_engine::TransportReading;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A beat, ordered. Beats are finite.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beat(pub f64);

impl Ord for Beat {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}
impl PartialOrd for Beat {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Beat {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Beat {}

/// When a seek of the transport takes effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Seek {
    /// In the block that takes it in.
    Now,
    /// On a frame.
    Frame(u64),
    /// On a beat, and nobody here knows when.
    Beat,
}

/// Positions that seeks under way lead to, the farthest of each kind.
#[derive(Debug, Default)]
struct Sought {
    /// The farthest and the last.
    now: Option<(f64, f64)>,
    /// Seeks of `now` that have not crossed.
    waiting: usize,
    /// The clock's frame when the audio thread had taken all of them in.
    taken: Option<u64>,
    frame: Option<(f64, u64)>,
    beat: Option<f64>,
}

#[derive(Debug)]
pub(super) struct Beats<T> {
    waiting: BTreeMap<(Beat, u64), T>,
    sought: Sought,
    fastest: f64,
}

impl<T> Beats<T> {
    pub fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
            sought: Sought::default(),
            fastest: 0.0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn insert(&mut self, beat: f64, seq: u64, thing: T) {
        self.waiting.insert((Beat(beat), seq), thing);
    }

    pub fn get(&self, place: (Beat, u64)) -> Option<&T> {
        self.waiting.get(&place)
    }

    pub fn get_mut(&mut self, place: (Beat, u64)) -> Option<&mut T> {
        self.waiting.get_mut(&place)
    }

    pub fn remove(&mut self, place: (Beat, u64)) -> Option<T> {
        self.waiting.remove(&place)
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// A tempo was asked for.
    pub fn note_tempo(&mut self, bpm: f64) {
        self.fastest = self.fastest.max(bpm);
    }

    /// A seek of the transport was asked for.
    pub fn note_seek(&mut self, beat: f64, when: Seek) {
        let sought = &mut self.sought;
        match when {
            Seek::Now => {
                let (farthest, _) = sought.now.unwrap_or((beat, beat));
                sought.now = Some((farthest.max(beat), beat));
                sought.waiting += 1;
                sought.taken = None;
            }
            Seek::Frame(frame) => {
                let (known, last) = sought.frame.unwrap_or((beat, frame));
                sought.frame = Some((known.max(beat), last.max(frame)));
            }
            Seek::Beat => sought.beat = Some(sought.beat.map_or(beat, |known| known.max(beat))),
        }
    }

    /// A seek without a time has crossed.
    pub fn seek_crossed(&mut self) {
        self.sought.waiting = self.sought.waiting.saturating_sub(1);
    }

    /// Forgets seeks that the transport's reading shows from now on. `frame` is the clock's,
    /// `drained` whether the audio thread has taken in everything that crossed.
    pub fn settle(&mut self, frame: u64, drained: bool) {
        let sought = &mut self.sought;
        if sought.now.is_some() && sought.waiting == 0 {
            match sought.taken {
                // A callback that began before may still be under way: its end moves the clock.
                None if drained => sought.taken = Some(frame),
                Some(taken) if frame > taken => {
                    sought.now = None;
                    sought.taken = None;
                }
                _ => {}
            }
        }
        sought.frame = sought.frame.filter(|(_, last)| frame <= *last);
    }

    /// Where the transport is, or will be when it has been put where it was last sought.
    pub fn position(&self, transport: &TransportReading) -> f64 {
        self.sought.now.map_or(transport.beat, |(_, last)| last)
    }

    /// Up to which beat everything has to cross, if the next look comes within `seconds`.
    pub fn limit(&self, transport: &TransportReading, seconds: f64) -> f64 {
        let Sought {
            now, frame, beat, ..
        } = &self.sought;
        let [now, frame] = [now.map(|(beat, _)| beat), frame.map(|(beat, _)| beat)];
        let sought = [now, frame, *beat];
        let farthest = sought.into_iter().flatten().fold(transport.beat, f64::max);
        let tempo = self.fastest.max(transport.tempo);
        farthest + 2.0 * seconds * tempo / 60.0
    }

    /// Takes the next one out that waits for `limit` or an earlier beat.
    pub fn take_due(&mut self, limit: f64) -> Option<((Beat, u64), T)> {
        let first = self.waiting.first_entry()?;
        (first.key().0.0 <= limit).then(|| first.remove_entry())
    }

    /// Takes everything out that waits for a beat before `beat`.
    pub fn take_before(&mut self, beat: f64) -> Vec<((Beat, u64), T)> {
        let later = self.waiting.split_off(&(Beat(beat), 0));
        std::mem::replace(&mut self.waiting, later)
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(beat: f64) -> TransportReading {
        TransportReading {
            playing: true,
            frame: 0,
            beat,
            tempo: 120.0,
            looped: None,
            rate: 48_000,
        }
    }

    fn crossing(beats: &mut Beats<()>, limit: f64) -> Vec<(f64, u64)> {
        let due = std::iter::from_fn(|| beats.take_due(limit));
        due.map(|((Beat(beat), seq), ())| (beat, seq)).collect()
    }

    #[test]
    fn beats_cross_in_order_when_the_transport_could_come_to_them() {
        let mut beats = Beats::new();
        for (seq, beat) in [4.0, 0.5, 2.0, 0.5, 9.0].into_iter().enumerate() {
            beats.insert(beat, seq as u64, ());
        }
        // 120 beats a minute, twice a quarter of a second: one beat.
        let limit = beats.limit(&at(1.0), 0.25);
        assert_eq!(limit, 2.0);
        assert_eq!(crossing(&mut beats, limit), [(0.5, 1), (0.5, 3), (2.0, 2)]);
        beats.note_tempo(240.0);
        let limit = beats.limit(&at(2.0), 0.25);
        assert_eq!(crossing(&mut beats, limit), [(4.0, 0)]);
        assert!(!beats.is_empty());
    }

    #[test]
    fn where_a_seek_leads_counts_until_the_reading_shows_it() {
        let mut beats: Beats<()> = Beats::new();
        beats.note_seek(100.0, Seek::Now);
        beats.settle(10, true);
        assert_eq!(beats.limit(&at(0.0), 0.25), 101.0);
        beats.seek_crossed();
        // Taken in by a callback that has not ended: the reading is still the old one.
        beats.settle(10, false);
        beats.settle(11, true);
        beats.settle(11, true);
        assert_eq!(beats.limit(&at(0.0), 0.25), 101.0);
        beats.settle(12, true);
        assert_eq!(beats.limit(&at(50.0), 0.25), 51.0);
    }

    #[test]
    fn a_seek_with_a_time_counts_until_that_has_passed() {
        let mut beats: Beats<()> = Beats::new();
        beats.note_seek(8.0, Seek::Frame(500));
        beats.note_seek(4.0, Seek::Frame(900));
        beats.settle(900, true);
        assert_eq!(beats.limit(&at(0.0), 0.25), 9.0);
        beats.settle(901, true);
        assert_eq!(beats.limit(&at(0.0), 0.25), 1.0);
        beats.note_seek(6.0, Seek::Beat);
        beats.settle(u64::MAX, true);
        assert_eq!(beats.limit(&at(0.0), 0.25), 7.0);
    }

    #[test]
    fn what_is_sought_past_is_taken_out_and_the_rest_stays() {
        let mut beats = Beats::new();
        for (seq, beat) in [3.0, 8.0, 7.999, 8.5].into_iter().enumerate() {
            beats.insert(beat, seq as u64, ());
        }
        let skipped: Vec<u64> = beats
            .take_before(8.0)
            .iter()
            .map(|((_, seq), ())| *seq)
            .collect();
        assert_eq!(skipped, [0, 2]);
        assert_eq!(crossing(&mut beats, 100.0), [(8.0, 1), (8.5, 3)]);
    }

    #[test]
    fn looking_costs_nothing_for_what_is_far_away() {
        let mut beats = Beats::new();
        for seq in 0..1_000_000 {
            beats.insert(100.0 + seq as f64, seq, ());
        }
        // As many looks as things wait: by scanning, this would not end.
        for look in 0..1_000_000u32 {
            assert!(beats.take_due(f64::from(look % 100)).is_none());
        }
    }
}
