//! Opening and dropping a state, and what it turned out to be.

use crate::border::{call, invalid, out_of_range, output, sized, text};
use crate::events::device_warning;
use crate::state::{Log, State};
use crate::status::Status;
use crate::types::{
    Config, Info, LogLevel, NOXRUN_ALLOW_VIRTUAL, NOXRUN_CAPTURE, NOXRUN_OFFLINE, NOXRUN_PLAYBACK,
};
use noxrun_session::{
    Capture, CaptureOptions, Engine, EngineConfig, EngineOptions, Error, OfflineOptions,
};
use std::collections::{HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

/// Frames a chunk, and samples of all its channels, at most.
const MAX_CHUNK: u32 = 46_080_000;
const MAX_CHUNK_SAMPLES: u32 = 1 << 30;
/// Samples of the capture's ring at most: 512 MiB.
const MAX_CAPACITY: u32 = 1 << 27;

/// Opens what `config.mode` names and starts it. On success `*state` is to be dropped once; on
/// failure it is null.
///
/// # Safety
/// `config` and its strings stay as they are during the call; `state` has room for a pointer; on
/// Android `config.java_vm` and `config.android_context` are null or what they are called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_open(config: *const Config, state: *mut *mut State) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let place = unsafe { output("state", state) }?;
        *place = std::ptr::null_mut();
        // SAFETY: the caller's promise.
        let config = unsafe { sized("config", config) }?;
        // SAFETY: the caller's promise, for the strings.
        let opened = unsafe { open(config) }?;
        *place = Box::into_raw(Box::new(opened));
        Ok(())
    })
}

/// Stops everything, completes what is open, and frees the state. Null is nothing.
///
/// # Safety
/// It came from `noxrun_open`, was not dropped before, and no other call uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_drop(state: *mut State) {
    if !state.is_null() {
        // Nobody is left to be told how it went.
        let _ = call(|| {
            // SAFETY: the caller's promise: made by `Box::into_raw`, and given back once.
            drop(unsafe { Box::from_raw(state) });
            Ok(())
        });
    }
}

/// What the state turned out to be, and its time and latencies now.
///
/// # Safety
/// `state` is open; `info` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_get_info(state: *const State, info: *mut Info) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let (state, info) = unsafe { (crate::border::state(state)?, output("info", info)?) };
        let engine = state.engine.as_ref();
        let capture = state.capture.as_ref();
        *info = Info {
            sample_rate: engine.map_or(0, |engine| engine.config().sample_rate),
            channels: engine.map_or(0, |engine| engine.config().channels as u32),
            buffer_size: engine.map_or(0, |engine| engine.granted().buffer_size),
            capture_rate: capture.map_or(0, Capture::sample_rate),
            capture_channels: capture.map_or(0, |capture| capture.channels() as u32),
            capture_chunk: capture.map_or(0, |capture| capture.chunk() as u32),
            frame: engine.map_or(0, Engine::current_frame),
            output_latency: engine.map_or(0.0, |engine| engine.latency().0),
            capture_latency: capture.map_or(0.0, Capture::latency),
        };
        Ok(())
    })
}

/// Stops engine time and the output device where `on`, else lets them go on; a capture goes on either
/// way. Phones call it when a call comes in. Without playback: `NOXRUN_STATUS_ERR_INVALID_STATE`.
///
/// # Safety
/// `state` is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn noxrun_suspend(state: *const State, on: bool) -> Status {
    call(|| {
        // SAFETY: the caller's promise.
        let state = unsafe { crate::border::state(state) }?;
        let engine = state.playback()?;
        if on {
            engine.suspend()
        } else {
            engine.resume()
        }
    })
}

/// # Safety
/// The strings of `config` are null or end in a zero byte; what is Java's is null or what it says.
unsafe fn open(config: &Config) -> Result<State, Error> {
    let mode = config.mode;
    let known = NOXRUN_PLAYBACK | NOXRUN_CAPTURE | NOXRUN_OFFLINE | NOXRUN_ALLOW_VIRTUAL;
    if mode & !known != 0 {
        return Err(invalid(format!(
            "config.mode has bits that mean nothing: {:#x}",
            mode & !known
        )));
    }
    if mode & (NOXRUN_PLAYBACK | NOXRUN_CAPTURE | NOXRUN_OFFLINE) == 0 {
        let message =
            "config.mode must have NOXRUN_PLAYBACK, NOXRUN_CAPTURE or NOXRUN_OFFLINE, got none";
        return Err(invalid(message));
    }
    if mode & NOXRUN_PLAYBACK != 0 && mode & NOXRUN_OFFLINE != 0 {
        let message = "config.mode must have NOXRUN_PLAYBACK or NOXRUN_OFFLINE, got both";
        return Err(invalid(message));
    }
    #[cfg(target_os = "android")]
    if mode & (NOXRUN_PLAYBACK | NOXRUN_CAPTURE) != 0
        && !config.java_vm.is_null()
        && !config.android_context.is_null()
    {
        // SAFETY: the caller's promise.
        unsafe { noxrun_session::give_android_context(config.java_vm, config.android_context) }?;
    }
    let log = Log {
        to: config.log,
        user: config.log_user,
    };
    let fallback_virtual = mode & NOXRUN_ALLOW_VIRTUAL != 0;
    let sizes = sizes(config)?;
    let buffer_size = number("config.buffer_size", config.buffer_size, 1..=65_536, 256)?;
    let engine = if mode & NOXRUN_PLAYBACK != 0 {
        // SAFETY: the caller's promise.
        let device = unsafe { text("config.output", config.output) }?;
        let sample_rate = rate("config.sample_rate", config.sample_rate)?;
        Some(Engine::open(&EngineOptions {
            device: device.map(str::to_owned),
            fallback_virtual,
            sample_rate,
            buffer_size,
            engine: sizes,
            ..EngineOptions::default()
        })?)
    } else if mode & NOXRUN_OFFLINE != 0 {
        let sample_rate = rate("config.sample_rate", config.sample_rate)?;
        Some(Engine::offline(&OfflineOptions {
            engine: EngineConfig {
                sample_rate: sample_rate.unwrap_or(48_000),
                ..sizes
            },
        }))
    } else {
        None
    };
    let capture = if mode & NOXRUN_CAPTURE != 0 {
        // SAFETY: the caller's promise.
        let device = unsafe { text("config.input", config.input) }?;
        let channels = number(
            "config.capture_channels",
            config.capture_channels,
            1..=32,
            1,
        )?;
        let most_chunk = MAX_CHUNK.min(MAX_CHUNK_SAMPLES / channels);
        let some = |name: &str, value: u32, most: u32| {
            let number = number(name, value, 1..=most, 0)?;
            Ok::<_, Error>((number > 0).then_some(number as usize))
        };
        Some(Capture::open(&CaptureOptions {
            device: device.map(str::to_owned),
            fallback_virtual,
            sample_rate: rate("config.capture_rate", config.capture_rate)?,
            channels: channels as usize,
            buffer_size,
            chunk: some("config.capture_chunk", config.capture_chunk, most_chunk)?,
            capacity: some(
                "config.capture_capacity",
                config.capture_capacity,
                MAX_CAPACITY,
            )?,
            ..CaptureOptions::default()
        })?)
    } else {
        None
    };
    let granted = engine.iter().map(Engine::granted);
    for granted in granted.chain(capture.iter().map(Capture::granted)) {
        for warning in &granted.warnings {
            log.say(LogLevel::Warning, &device_warning(warning));
        }
    }
    let reader = capture.as_ref().map(Capture::reader).transpose()?;
    let reader = reader.map(Arc::new);
    Ok(State {
        engine,
        is_offline: mode & NOXRUN_OFFLINE != 0,
        capture,
        reader,
        listener: Mutex::new(None),
        listening: Mutex::new(None),
        samples: Mutex::new(HashMap::new()),
        next_voice: AtomicU64::new(1),
        events: Mutex::new(VecDeque::new()),
        log,
    })
}

fn sizes(config: &Config) -> Result<EngineConfig, Error> {
    let default = EngineConfig::default();
    let size = |name: &str, value: u32, most: u32, default: usize| {
        number(name, value, 1..=most, default as u32).map(|value| value as usize)
    };
    Ok(EngineConfig {
        channels: size("config.channels", config.channels, 32, default.channels)?,
        max_tracks: size(
            "config.max_tracks",
            config.max_tracks,
            4_096,
            default.max_tracks,
        )?,
        max_voices: size(
            "config.max_voices",
            config.max_voices,
            16_384,
            default.max_voices,
        )?,
        max_events: size(
            "config.max_events",
            config.max_events,
            1 << 24,
            default.max_events,
        )?,
        ..default
    })
}

fn rate(name: &str, rate: u32) -> Result<Option<u32>, Error> {
    match rate {
        0 => Ok(None),
        rate => number(name, rate, 1_000..=768_000, rate).map(Some),
    }
}

/// A number within its range; 0 is its default.
fn number(name: &str, value: u32, range: RangeInclusive<u32>, default: u32) -> Result<u32, Error> {
    match value {
        0 => Ok(default),
        value if range.contains(&value) => Ok(value),
        value => Err(out_of_range(format!(
            "{name} must be from {} to {}, or 0 for the default, got {value}",
            range.start(),
            range.end()
        ))),
    }
}
