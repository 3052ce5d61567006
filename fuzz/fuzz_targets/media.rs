//! Any bytes whatever, read as a sound file: an error, or the frames that are really there.
//!
//! A panic inside the decoder is a finding although the crate turns it into an error: libFuzzer's
//! hook aborts before it is caught.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use noxrun_media::{CHANNELS, MediaError, SAMPLE_RATES, decode, probe};
use std::ops::ControlFlow;

/// A FLAC frame is 65,535 frames at most and takes some ten bytes: inputs stay small enough for
/// what they may rightly become in memory.
const MOST_BYTES: usize = 4096;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if bytes.len() > MOST_BYTES {
        return Corpus::Reject;
    }
    let mut done = 0.0;
    let decoded = decode(bytes, &mut |fraction| {
        assert!(
            (0.0..=1.0).contains(&fraction) && fraction >= done,
            "progress went from {done} to {fraction}"
        );
        done = fraction;
        ControlFlow::Continue(())
    });
    let probed = probe(bytes);
    match decoded {
        Ok(pcm) => {
            let channels = pcm.channels.len();
            assert!(SAMPLE_RATES.contains(&pcm.sample_rate));
            assert!(CHANNELS.contains(&channels));
            let frames = pcm.frames();
            assert!(pcm.channels.iter().all(|channel| channel.len() == frames));
            assert_eq!(done, 1.0);

            let probed = probed.expect("what decodes can be probed");
            assert_eq!(
                (probed.channels, probed.sample_rate),
                (channels, pcm.sample_rate)
            );
            if probed.format == "wave" || probed.format == "wav" {
                assert_eq!(probed.frames, Some(frames as u64));
                assert!(frames * channels <= bytes.len(), "more samples than bytes");
            }
        }
        Err(error) => assert!(
            matches!(
                error,
                MediaError::Decode { .. } | MediaError::Unsupported { .. }
            ),
            "{error}"
        ),
    }
    if let Ok(probed) = probe(bytes) {
        assert!(
            probed
                .duration
                .is_none_or(|seconds| seconds.is_finite() && seconds >= 0.0)
        );
    }
    Corpus::Keep
});
