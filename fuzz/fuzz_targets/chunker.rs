//! A captured stream with gaps, cut into chunks in any order of pushing and taking: every sample comes
//! out once at its own place, every loss is told where it stands.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use noxrun_capture::Chunker;

#[derive(Arbitrary, Debug)]
struct Stream {
    channels: u8,
    chunk: u8,
    hop: u8,
    steps: Vec<Step>,
    end: End,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Samples(u8),
    Lost(u8),
    /// The index goes on without a loss: it was paused.
    Paused(u8),
    Take(u8),
}

#[derive(Arbitrary, Debug)]
enum End {
    Finish,
    Abandon,
}

/// A sample's value tells where it stands, exactly: below 2^24.
fn sample(frame: u64, channel: usize) -> f32 {
    (frame * 8 + channel as u64) as f32
}

/// What has come out so far, checked against what went in.
struct Listener {
    channels: usize,
    chunk: usize,
    /// Frames that were pushed, in order.
    pushed: Vec<u64>,
    /// How many of them came out.
    heard: usize,
    dropped: u64,
    ended: bool,
}

impl Listener {
    /// Takes one chunk if there is one.
    fn take(&mut self, chunker: &mut Chunker) -> bool {
        let ready = chunker.is_ready();
        let Some((chunk, fresh)) = chunker.next_chunk() else {
            assert!(!ready, "ready, but nothing came");
            return false;
        };
        assert!(ready, "not ready, but something came");
        assert!(!self.ended, "a chunk after the final one");
        assert_eq!(chunk.samples.len() % self.channels, 0);
        assert_eq!(fresh % self.channels, 0);
        let frames = chunk.samples.len() / self.channels;
        assert!(frames <= self.chunk);
        assert!(frames > 0 || chunk.is_final);
        for (n, frame) in chunk.samples.chunks_exact(self.channels).enumerate() {
            let at = chunk.frame + n as u64;
            for (channel, x) in frame.iter().enumerate() {
                assert_eq!(*x, sample(at, channel), "frame {at}, channel {channel}");
            }
        }
        // The new ones stand at the chunk's end and go on where the last chunk ended.
        let fresh = fresh / self.channels;
        assert!(fresh <= frames);
        for n in frames - fresh..frames {
            assert_eq!(self.pushed.get(self.heard), Some(&(chunk.frame + n as u64)));
            self.heard += 1;
        }
        self.dropped += chunk.dropped_before;
        self.ended = chunk.is_final;
        assert!(chunk.time.is_finite());
        true
    }
}

fuzz_target!(|stream: Stream| {
    let channels = 1 + usize::from(stream.channels % 3);
    let chunk = 1 + usize::from(stream.chunk % 40);
    let hop = 1 + usize::from(stream.hop) % chunk;
    let mut chunker = Chunker::new(channels, 8_000, chunk, hop);
    let mut listener = Listener {
        channels,
        chunk,
        pushed: Vec::new(),
        heard: 0,
        dropped: 0,
        ended: false,
    };
    let (mut frame, mut lost) = (0u64, 0u64);
    let time = |frame: u64| frame as f64 / 8_000.0;
    for step in &stream.steps {
        match *step {
            Step::Samples(count) => {
                let frames = frame..frame + u64::from(count);
                let samples: Vec<f32> = frames
                    .clone()
                    .flat_map(|frame| (0..channels).map(move |channel| sample(frame, channel)))
                    .collect();
                chunker.push_samples(&samples, frame, time(frame));
                frame = frames.end;
                listener.pushed.extend(frames);
            }
            Step::Lost(count) => {
                frame += u64::from(count);
                lost += u64::from(count) * channels as u64;
                chunker.push_gap(u64::from(count) * channels as u64, frame);
            }
            Step::Paused(count) => {
                frame += u64::from(count);
                chunker.push_gap(0, frame);
            }
            Step::Take(count) => {
                for _ in 0..count {
                    if !listener.take(&mut chunker) {
                        break;
                    }
                }
            }
        }
        let waiting = (listener.pushed.len() - listener.heard) * channels;
        assert_eq!(chunker.buffered(), waiting, "samples that wait");
    }
    match stream.end {
        End::Finish => chunker.finish(frame, time(frame)),
        End::Abandon => chunker.abandon(),
    }
    while listener.take(&mut chunker) {}
    assert!(listener.ended && chunker.has_ended());
    assert_eq!(
        listener.heard,
        listener.pushed.len(),
        "samples that never came"
    );
    assert_eq!(listener.dropped, lost, "losses that were never told");
});
