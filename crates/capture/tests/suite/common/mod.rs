//! What the capture tests share: a signal whose samples know where they belong, and what any
//! sequence of chunks must satisfy.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::sync::Arc;

use noxrun_capture::{CaptureSpec, Chunk, Quality, Reader, ReaderSpec, Taken, WakeKind};

/// A capture without conversion.
pub fn spec(channels: usize, capacity: usize) -> CaptureSpec {
    CaptureSpec {
        device_rate: 48_000,
        device_channels: channels,
        rate: 48_000,
        channels,
        channel_map: None,
        capacity,
        quality: Quality::Balanced,
        wake: WakeKind::Condvar,
        max_callback_frames: 256,
        pre_roll: 0,
        voice: None,
    }
}

/// Chunks of `chunk` frames, one after another, without a listener.
pub fn chunks(chunk: usize) -> ReaderSpec {
    ReaderSpec {
        chunk,
        hop: chunk,
        notify: Arc::new(|| {}),
    }
}

/// Frames that carry their own index and their channels' numbers; exact below a million frames.
pub fn numbered(from: u64, frames: usize, channels: usize) -> Vec<f32> {
    (from..from + frames as u64)
        .flat_map(|frame| (0..channels as u64).map(move |channel| (frame * 16 + channel) as f32))
        .collect()
}

/// Everything that waits.
pub fn take_all(reader: &Reader) -> Vec<Chunk> {
    std::iter::from_fn(|| match reader.take() {
        Taken::Chunk(chunk) => Some(chunk),
        Taken::Empty | Taken::End => None,
    })
    .collect()
}

/// Checks chunks of a numbered stream without overlap from frame `next` on: every sample in its
/// channel and frame, no gap inside, each loss in its place. Returns (samples, dropped, end).
pub fn verify(chunks: &[Chunk], channels: usize, mut next: u64) -> (u64, u64, u64) {
    let (mut samples, mut dropped) = (0, 0);
    for chunk in chunks {
        assert_eq!(
            chunk.dropped_before % channels as u64,
            0,
            "losses are whole frames"
        );
        assert_eq!(
            chunk.frame,
            next + chunk.dropped_before / channels as u64,
            "losses are where they are told"
        );
        assert_eq!(chunk.samples.len() % channels, 0, "chunks are whole frames");
        let frames = chunk.samples.len() / channels;
        assert_eq!(
            chunk.samples,
            numbered(chunk.frame, frames, channels),
            "samples are where they belong"
        );
        next = chunk.frame + frames as u64;
        samples += chunk.samples.len() as u64;
        dropped += chunk.dropped_before;
    }
    (samples, dropped, next)
}
