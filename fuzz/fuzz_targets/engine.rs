//! A controller that keeps no rule sends commands in any order: nothing makes the engine panic, give a
//! sample that is not finite, keep memory, or depend on how its output is cut into blocks.

#![no_main]

#[path = "engine/commands.rs"]
mod commands;

use arbitrary::Arbitrary;
use commands::Command;
use libfuzzer_sys::fuzz_target;
use noxrun_engine::{BlockClock, EngineConfig, MAX_BLOCK, SampleData, build};
use std::sync::Arc;

#[derive(Arbitrary, Debug)]
struct Session {
    channels: u8,
    max_voices: u8,
    control_capacity: u8,
    safety_limiter: bool,
    /// Sizes of the blocks of the second run, over and over.
    blocks: [u8; 3],
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Send(Command),
    Render(u16),
    /// Reports and retired memory are taken: an engine that nobody listens to must go on, too.
    Collect,
}

const RATE: u32 = 8_000;
const MOST_FRAMES: usize = 3 * MAX_BLOCK;

fn samples() -> Vec<Arc<SampleData>> {
    let sound = |channels: usize, frames: usize, value: f32| {
        let plane = |channel| {
            let wave = |n: usize| value * (1.0 - (n % 97) as f32 / 48.0) / (1 + channel) as f32;
            (0..frames).map(wave).collect()
        };
        let planes = (0..channels).map(plane).collect();
        Arc::new(SampleData::new(planes, RATE).expect("channels of one length"))
    };
    vec![
        sound(1, 400, 1.0),
        sound(2, 50, -1.0),
        sound(3, 0, 0.0),
        sound(2, 1, f32::MIN_POSITIVE / 2.0),
        sound(5, 2_000, 0.5),
        sound(2, 300, f32::NAN),
        sound(1, 300, f32::MAX),
    ]
}

impl Session {
    /// Plays it, with every stretch to be rendered cut into `blocks`, or whole.
    fn play(&self, blocks: Option<[u8; 3]>, samples: &[Arc<SampleData>]) -> Vec<f32> {
        let config = EngineConfig {
            sample_rate: RATE,
            channels: 1 + usize::from(self.channels % 4),
            control_capacity: 1 + usize::from(self.control_capacity),
            max_events: 64,
            max_tracks: 4,
            max_voices: 1 + usize::from(self.max_voices % 7),
            safety_limiter: self.safety_limiter,
            real_time: false,
        };
        let (mut renderer, mut controller) = build(&config);
        let mut sound = Vec::new();
        for (seq, step) in self.steps.iter().enumerate() {
            match step {
                Step::Send(command) if !controller.is_full() => {
                    let message = command.message(seq as u64, renderer.frame(), samples, &config);
                    controller.send(message).expect("room");
                }
                // A full queue is for the controlling side to handle: it lets time pass.
                Step::Send(_) => {}
                Step::Render(frames) => {
                    let mut left = usize::from(*frames) % MOST_FRAMES;
                    let mut sizes = blocks.iter().flatten().cycle();
                    loop {
                        let block = sizes
                            .next()
                            .map_or(left, |size| left.min(1 + usize::from(*size)));
                        let mut out = vec![f32::NAN; block * config.channels];
                        renderer.process(&mut out, BlockClock::default());
                        assert!(out.iter().all(|x| x.is_finite()), "a sample is not finite");
                        if config.safety_limiter {
                            assert!(out.iter().all(|x| x.abs() <= 1.0), "beyond full scale");
                        }
                        sound.extend(out);
                        left -= block;
                        if left == 0 {
                            break;
                        }
                    }
                    assert!(controller.shared.transport().beat.is_finite());
                }
                Step::Collect => {
                    while controller.next_trash().is_some() {}
                    while controller.next_event().is_some() {}
                }
            }
        }
        sound
    }
}

fuzz_target!(|session: Session| {
    let samples = samples();
    let whole = session.play(None, &samples);
    let cut = session.play(Some(session.blocks), &samples);
    assert_eq!(whole.len(), cut.len());
    if let Some(place) = whole
        .iter()
        .zip(&cut)
        .position(|(a, b)| a.to_bits() != b.to_bits())
    {
        panic!(
            "sample {place} is {} in one block and {} in many",
            whole[place], cut[place]
        );
    }
    for sample in samples {
        assert_eq!(
            Arc::strong_count(&sample),
            1,
            "a sample is held by nobody's engine"
        );
    }
});
