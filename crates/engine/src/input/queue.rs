//! What waits to be played, and the last of what was: the ring's end.

use crate::block::MAX_BLOCK;
use rtrb::Consumer;
use rtrb::chunks::ReadChunk;

pub(super) struct Queue {
    ring: Consumer<f32>,
    channels: usize,
    /// Frames of a crossfade; so many, and one, are kept when they were played.
    fade: u32,
    /// Frames at the head of the ring that were played already.
    kept: usize,
    taken: u64,
}

impl Queue {
    pub fn new(ring: Consumer<f32>, channels: usize, fade: u32) -> Self {
        Self {
            ring,
            channels,
            fade,
            kept: 0,
            taken: 0,
        }
    }

    /// Frames that wait to be played.
    pub fn waiting(&self) -> usize {
        self.ring.slots() / self.channels - self.kept
    }

    /// Frames played or skipped so far.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Forgets the oldest frames that wait, and those that were kept.
    pub fn discard(&mut self, frames: usize) {
        if frames == 0 {
            return;
        }
        self.taken += frames as u64;
        let all = (self.kept + frames) * self.channels;
        if let Ok(chunk) = self.ring.read_chunk(all) {
            chunk.commit_all();
        }
        self.kept = 0;
    }

    /// The next frames, which wait.
    pub fn copy(&mut self, count: usize, lanes: &mut [f32]) {
        let (kept, channels) = (self.kept, self.channels);
        let Ok(chunk) = self.ring.read_chunk((kept + count) * channels) else {
            return;
        };
        for (channel, lane) in lanes.chunks_exact_mut(MAX_BLOCK).enumerate() {
            let samples = samples(&chunk, kept * channels);
            let samples = samples.skip(channel).step_by(channels);
            lane.iter_mut().zip(samples).for_each(|(to, x)| *to = x);
        }
        let keep = (self.fade as usize + 1).min(kept + count);
        chunk.commit((kept + count - keep) * channels);
        self.kept = keep;
        self.taken += count as u64;
    }

    /// The next frames, going over to those `skip` later; `done` frames of the way are behind.
    pub fn crossfade(&mut self, skip: usize, (done, count): (u32, usize), lanes: &mut [f32]) {
        let (kept, channels) = (self.kept, self.channels);
        let Ok(chunk) = self.ring.read_chunk((kept + skip + count) * channels) else {
            return;
        };
        for (channel, lane) in lanes.chunks_exact_mut(MAX_BLOCK).enumerate() {
            let every = |frames: usize| {
                let samples = samples(&chunk, frames * channels);
                samples.skip(channel).step_by(channels)
            };
            let both = every(kept).zip(every(kept + skip));
            let places = lane[..count].iter_mut().zip(both);
            for (k, (to, (old, new))) in (done + 1..).zip(places) {
                let share = k as f32 / self.fade as f32;
                *to = old * (1.0 - share) + new * share;
            }
        }
        chunk.commit((kept + count) * channels);
        self.kept = 0;
        self.taken += count as u64;
    }

    /// Goes back over the frames that were played last; `done` frames of the way are behind.
    pub fn mirror(&mut self, done: usize, count: usize, lanes: &mut [f32]) {
        let (kept, channels) = (self.kept, self.channels);
        // Not committed: nothing is taken.
        let Ok(chunk) = self.ring.read_chunk(kept * channels) else {
            return;
        };
        let (first, second) = chunk.as_slices();
        let sample = |index: usize| match index.checked_sub(first.len()) {
            None => first[index],
            Some(index) => second[index],
        };
        for (channel, lane) in lanes.chunks_exact_mut(MAX_BLOCK).enumerate() {
            for (k, to) in lane[..count].iter_mut().enumerate() {
                // The newest one is not played twice.
                let back = (done + k + 2).min(kept);
                *to = match kept {
                    0 => 0.0,
                    _ => sample((kept - back) * channels + channel),
                };
            }
        }
    }
}

/// The samples of a chunk from `skipped` on.
fn samples<'a>(chunk: &'a ReadChunk<'_, f32>, skipped: usize) -> impl Iterator<Item = f32> + 'a {
    let (first, second) = chunk.as_slices();
    let head = &first[skipped.min(first.len())..];
    let tail = &second[skipped.saturating_sub(first.len()).min(second.len())..];
    head.iter().chain(tail).copied()
}
