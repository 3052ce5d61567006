//! The structs and numbers of the header. Plain data: everything in them may be wrong, and is
//! checked where it is used.

use std::ffi::{c_char, c_void};

/// `noxrun_config.mode`: play through an output device.
pub const NOXRUN_PLAYBACK: u32 = 1;
/// `noxrun_config.mode`: capture from an input device.
pub const NOXRUN_CAPTURE: u32 = 2;
/// `noxrun_config.mode`: no output device; `noxrun_render` renders. Not with `NOXRUN_PLAYBACK`.
pub const NOXRUN_OFFLINE: u32 = 4;
/// `noxrun_config.mode`: without a usable device run on the virtual clock, with a logged warning.
pub const NOXRUN_ALLOW_VIRTUAL: u32 = 8;

/// The master, as a track's number.
pub const NOXRUN_MASTER: u32 = 0;

/// How bad what is logged is.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Trouble that did not stop anything.
    Warning = 0,
    /// A device came, went or changed.
    Device = 1,
    /// A terminal failure.
    Error = 2,
}

/// Is told of warnings: during `noxrun_open`, and later during `noxrun_poll`, on the thread of that
/// call. `message` is valid during the call.
pub type LogFn = Option<extern "C" fn(user: *mut c_void, level: LogLevel, message: *const c_char)>;

/// What a state is opened with. 0 and null are the defaults.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// `sizeof(noxrun_config)`.
    pub size: u32,
    /// `NOXRUN_PLAYBACK` and so on, joined by `|`.
    pub mode: u32,
    /// Device id or backend name; null: the default output.
    pub output: *const c_char,
    /// Device id or backend name; null: the default input.
    pub input: *const c_char,
    /// Engine rate, 1,000 to 768,000 Hz; default: the device's preference, 48,000 offline.
    pub sample_rate: u32,
    /// Channels of the engine, 1 to 32, default 2.
    pub channels: u32,
    /// Frames a callback, asked for, 1 to 65,536; default 256. A backend that refuses gets its preference, and
    /// a warning is logged. Phones: best a multiple of what the system reports as its own.
    pub buffer_size: u32,
    /// Tracks at once, 1 to 4,096, default 64.
    pub max_tracks: u32,
    /// Voices that sound at once, 1 to 16,384, default 256.
    pub max_voices: u32,
    /// Events that wait, 1 to 16,777,216 (2^24), default 65,536. Their memory grows with use, some 300
    /// bytes each.
    pub max_events: u32,
    /// Delivered rate of the capture, 1,000 to 768,000 Hz; default: the device's.
    pub capture_rate: u32,
    /// Delivered channels of the capture, 1 to 32, default 1 (the average).
    pub capture_channels: u32,
    /// Frames a chunk of the capture at its delivered rate, 1 to 46,080,000 and with all channels at
    /// most 2^30 samples; default 20 ms.
    pub capture_chunk: u32,
    /// Samples that the capture's ring holds, 1 to 134,217,728 (2^27), default 2 s.
    pub capture_capacity: u32,
    /// Who is told of warnings; may be null.
    pub log: LogFn,
    /// Passed to `log`.
    pub log_user: *mut c_void,
    /// Android: the process's `JavaVM *`, at the first opening with `NOXRUN_PLAYBACK` or
    /// `NOXRUN_CAPTURE` of the process. Not read elsewhere, nor from the second time on.
    pub java_vm: *mut c_void,
    /// Android: with `java_vm`, a `jobject` of any `android.content.Context`, valid during the
    /// call. The library keeps a reference of its own to the application's.
    pub android_context: *mut c_void,
}

/// What a state turned out to be.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Engine rate, Hz; 0 without an engine.
    pub sample_rate: u32,
    /// Channels of the engine.
    pub channels: u32,
    /// Frames a callback, as granted; 0 offline.
    pub buffer_size: u32,
    /// Delivered rate of the capture, Hz; 0 without one.
    pub capture_rate: u32,
    /// Delivered channels of the capture.
    pub capture_channels: u32,
    /// Frames a chunk of the capture.
    pub capture_chunk: u32,
    /// Engine time: the next frame to be rendered, extrapolated by the clock.
    pub frame: u64,
    /// Seconds from the engine to the device's output.
    pub output_latency: f64,
    /// Seconds from the device's input to the capture's ring.
    pub capture_latency: f64,
}

/// How a time is given.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenKind {
    /// The first frame of the next block.
    Now = 0,
    /// `noxrun_when.frame`.
    Frame = 1,
    /// `noxrun_when.beat` of the transport.
    Beat = 2,
}

/// A time. All zero is now.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// A `noxrun_when_kind`.
    pub kind: u32,
    /// Engine frame.
    pub frame: u64,
    /// Beat.
    pub beat: f64,
}

/// How a sample is played. Times in seconds.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Play {
    /// `sizeof(noxrun_play_options)`.
    pub size: u32,
    /// Which sample.
    pub sample: u32,
    /// On which track.
    pub track: u32,
    /// Whether it repeats from `loop_start` to `loop_end` (0: its end).
    pub repeat: bool,
    /// When.
    pub at: When,
    /// Linear gain, 0…16. 0 is silence: set 1 for unity.
    pub gain: f64,
    /// Playback speed, 1/16…16; 0 is the default, 1.
    pub rate: f64,
    /// Where in the sample it begins.
    pub offset: f64,
    /// How much of it plays; 0: to its end, or for ever.
    pub duration: f64,
    /// Start of what it repeats.
    pub loop_start: f64,
    /// End of what it repeats, excluded.
    pub loop_end: f64,
    /// It rises from silence over this time.
    pub fade_in: f64,
    /// It falls to silence over its last this time.
    pub fade_out: f64,
}

/// What a command does, and which fields of `noxrun_command` it reads besides `kind`. One for a
/// voice, a send or an effect that has ended, or never was, does nothing and counts in
/// `noxrun_stats.stale_commands`; a track that is not there is `NOXRUN_STATUS_ERR_INVALID_ARG`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandKind {
    /// A new track of number `track` (1 or more, yours to choose, never twice) that feeds `target`.
    AddTrack = 0,
    /// Fades `track` out and takes it out of service.
    RemoveTrack = 1,
    /// Lets `track` feed `target`.
    Route = 2,
    /// A new send of number `id` (yours to choose, never twice) from `track` to `target`, gain `value`,
    /// 0…4. At most 8 a track.
    AddSend = 3,
    /// Ends the send `id`.
    RemoveSend = 4,
    /// A new effect of number `id` (yours to choose, never twice) on `track`: `name` is its kind
    /// (`"filter"`, or with its type `"filter:highpass"`), `index` its place (−1: the last), `on`:
    /// bypassed. At most 32 a track.
    AddEffect = 5,
    /// Takes the effect `id` out.
    RemoveEffect = 6,
    /// Bypasses the effect `id` if `on`, at `at`.
    Bypass = 7,
    /// Mutes `track` if `on`.
    Mute = 8,
    /// Solos `track` if `on`.
    Solo = 9,
    /// Moves the parameter `name` (`"volume"`, 0…4; `"pan"`, −1…1) of `track` to `value`, from `at`,
    /// over `seconds`.
    SetTrack = 10,
    /// Moves the parameter `name` (`"gain"`, 0…16; `"rate"`, 1/16…16) of the voice `id`, as `SetTrack`.
    SetVoice = 11,
    /// Moves the gain of the send `id`, as `SetTrack`; `name` is `"gain"`.
    SetSend = 12,
    /// Moves the parameter `name` of the effect `id`, as `SetTrack`.
    SetEffect = 13,
    /// Fades the voice `id` out over `seconds` from `at` and ends it.
    Stop = 14,
    /// Stops every voice of `track`, as `Stop`.
    StopTrack = 15,
    /// Pauses the voice `id` at `at`.
    Pause = 16,
    /// Resumes the voice `id` at `at`.
    Resume = 17,
    /// Lets the voice `id` go on at `value` seconds of its sample, at `at`.
    Seek = 18,
    /// Sets the transport's tempo to `value` beats a minute, 1…999, at `at`.
    Tempo = 19,
    /// Starts the transport at `at`.
    Start = 20,
    /// Stops the transport at `at`.
    StopTransport = 21,
    /// Puts the transport on beat `value`.
    SeekTransport = 22,
    /// Loops the transport from beat `value` to `value2`; `on` false: no loop.
    Loop = 23,
    /// Reports the frame on which `at` falls, as a marker `id`.
    Marker = 24,
}

/// One thing to do. Fields that its kind does not read may hold anything.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// A `noxrun_command_kind`.
    pub kind: u32,
    /// A track.
    pub track: u32,
    /// A voice, send, effect or marker.
    pub id: u64,
    /// A track that is fed.
    pub target: u32,
    /// A place in a chain.
    pub index: i32,
    /// A switch.
    pub on: bool,
    /// A parameter, or an effect's kind.
    pub name: *const c_char,
    /// A value.
    pub value: f64,
    /// A second one.
    pub value2: f64,
    /// Length of a ramp or a fade; 0 is at once.
    pub seconds: f64,
    /// When.
    pub at: When,
}

/// What happened.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// The voice `id` sounded first on `frame`.
    Started = 0,
    /// The voice `id` is silent from `frame` on; `detail` is a `noxrun_end_reason`.
    Ended = 1,
    /// The marker `id` fell on `frame`; where the transport was sought past it, `detail` is 1 and
    /// `frame` 0.
    Marker = 2,
    /// The device missed `count` deadlines.
    Xrun = 3,
    /// The device changed; `detail` is a `noxrun_device_state`.
    Device = 4,
    /// The capture lost `count` samples at `frame` of its own axis.
    Dropped = 5,
    /// Trouble, which was logged.
    Warning = 6,
    /// A terminal failure, which was logged; `detail` is a `noxrun_status`.
    Failed = 7,
}

/// Why a voice ended.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its sound was over.
    Finished = 0,
    /// It was stopped.
    Stopped = 1,
    /// A newer voice took its place.
    Stolen = 2,
    /// The state was dropped.
    Closed = 3,
}

/// A device's change of state.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceState {
    /// It is gone, or stands still.
    Lost = 0,
    /// It is back.
    Restored = 1,
    /// It runs on with other properties.
    Changed = 2,
}

/// One thing that happened.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// A `noxrun_event_kind`.
    pub kind: u32,
    /// As its kind says.
    pub detail: i32,
    /// A voice or a marker.
    pub id: u64,
    /// A frame.
    pub frame: u64,
    /// A count.
    pub count: u64,
}

/// A chunk of the capture, without its samples.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChunkInfo {
    /// Frames in it; 0: there was none in time.
    pub frames: u64,
    /// Index of its first frame at the delivered rate since opening, lost frames counted.
    pub frame: u64,
    /// Seconds on the system's monotonic clock when that frame was at the device: `CLOCK_MONOTONIC`,
    /// on Apple's systems `CLOCK_UPTIME_RAW`.
    pub time: f64,
    /// Samples lost between the chunk before and this one, exact.
    pub dropped_before: u64,
    /// Whether it is the last one: shorter than the others, even empty.
    pub is_final: bool,
}

/// Gets the chunks of a capture on a thread of the library's own, which may wait for it as long as
/// it likes: what does not fit into the queue meanwhile is counted. `samples` are interleaved and
/// valid during the call.
pub type CaptureFn =
    Option<extern "C" fn(user: *mut c_void, samples: *const f32, chunk: *const ChunkInfo)>;

/// What a rendering came to.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct RenderInfo {
    /// Frames.
    pub frames: u64,
    /// Greatest absolute sample, before the safety stage.
    pub peak: f64,
    /// Integrated loudness, LUFS (EBU R 128); −∞ for silence.
    pub loudness: f64,
}

/// Counters.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Stats {
    /// Playback callbacks; blocks, offline.
    pub callbacks: u64,
    /// Frames rendered.
    pub frames: u64,
    /// Deadlines that playback missed.
    pub xruns: u64,
    /// Callback time as a share of its deadline: mean, median, 99th percentile, greatest.
    pub load: [f64; 4],
    /// Messages that found the control queue full, and waited.
    pub queue_overflows: u64,
    /// Events that came after their frame.
    pub late_events: u64,
    /// Commands for what had ended.
    pub stale_commands: u64,
    /// Voices that sound.
    pub voices: u64,
    /// Voices that newer ones replaced.
    pub stolen_voices: u64,
    /// Times that the output device was lost.
    pub device_losses: u64,
    /// Samples out of the capture's resampler: delivered + dropped + buffered.
    pub captured: u64,
    /// Samples out of the capture's ring.
    pub delivered: u64,
    /// Samples that the capture's ring refused.
    pub dropped: u64,
    /// Samples that wait in the capture's ring.
    pub buffered: u64,
    /// Samples that no chunk brings: what the ring refused, and what waited too long for
    /// `noxrun_capture_read` or the listener. The sum of all `noxrun_chunk.dropped_before`, once all
    /// is read.
    pub missed: u64,
    /// Frames that never came from the input device.
    pub lost_by_device: u64,
    /// Deadlines that the capture missed.
    pub capture_xruns: u64,
    /// Heap allocations inside callbacks of both directions; must be 0.
    pub allocations: u64,
    /// Heap frees inside callbacks of both directions; must be 0.
    pub frees: u64,
}
