/* noxrun: real-time audio. The C interface. Made from crates/capi by cbindgen: do not edit.
 *
 * What holds for every function:
 * - It returns NOXRUN_STATUS_OK or a negative noxrun_status; noxrun_last_error then has a sentence
 *   for people, of the same thread's last failed call. A failed call has changed nothing.
 * - Any thread may call it, also several at once. Only noxrun_drop must be alone: it is the last call
 *   for its state, and no other may be under way.
 * - None of them may be called in an audio callback. noxrun_open, noxrun_drop, noxrun_suspend,
 *   noxrun_load, noxrun_render, noxrun_capture_read and noxrun_capture_listen may wait (a device that
 *   does not answer: some seconds), so not on a thread that draws. The others take short locks only.
 * - Pointers and strings are used during the call only; strings are UTF-8 and end in a zero byte.
 * - A lost device is opened again by the library itself; noxrun_poll tells. Call noxrun_poll from
 *   time to time: it is also what calls `log`.
 * - In structs that begin with `size`, set everything else to zero first: zero is the default, unless
 *   the field says otherwise. */

#ifndef NOXRUN_H
#define NOXRUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// `noxrun_config.mode`: play through an output device.
#define NOXRUN_PLAYBACK 1

// `noxrun_config.mode`: capture from an input device.
#define NOXRUN_CAPTURE 2

// `noxrun_config.mode`: no output device; `noxrun_render` renders. Not with `NOXRUN_PLAYBACK`.
#define NOXRUN_OFFLINE 4

// `noxrun_config.mode`: without a usable device run on the virtual clock, with a logged warning.
#define NOXRUN_ALLOW_VIRTUAL 8

// The master, as a track's number.
#define NOXRUN_MASTER 0

// How a call went. The names are those of the JavaScript package's error codes.
typedef enum noxrun_status {
  // It did what it should.
  NOXRUN_STATUS_OK = 0,
  // No usable device.
  NOXRUN_STATUS_ERR_NO_DEVICE = -1,
  // The device went away.
  NOXRUN_STATUS_ERR_DEVICE_LOST = -2,
  // Another program holds the device.
  NOXRUN_STATUS_ERR_DEVICE_BUSY = -3,
  // The device cannot do what was asked.
  NOXRUN_STATUS_ERR_UNSUPPORTED_CONFIG = -4,
  // Too many events wait already; nothing was changed, try again.
  NOXRUN_STATUS_ERR_QUEUE_FULL = -5,
  // A limit chosen at opening is reached.
  NOXRUN_STATUS_ERR_LIMIT = -6,
  // A sound file that cannot be decoded.
  NOXRUN_STATUS_ERR_DECODE = -7,
  // A path that is not there.
  NOXRUN_STATUS_ERR_NOT_FOUND = -8,
  // A path that may not be read or written, or a device that this user, or this app, may not use.
  NOXRUN_STATUS_ERR_ACCESS = -9,
  // Reading or writing failed.
  NOXRUN_STATUS_ERR_IO = -10,
  // An argument of the wrong kind, a null pointer among them.
  NOXRUN_STATUS_ERR_INVALID_ARG = -11,
  // A number outside its range.
  NOXRUN_STATUS_ERR_OUT_OF_RANGE = -12,
  // A call that does not fit the moment.
  NOXRUN_STATUS_ERR_INVALID_STATE = -13,
  // A call on something that was closed.
  NOXRUN_STATUS_ERR_CLOSED = -14,
  // The audio system, or this library, failed in a way of its own.
  NOXRUN_STATUS_ERR_BACKEND = -15,
} noxrun_status;

// How bad what is logged is.
typedef enum noxrun_log_level {
  // Trouble that did not stop anything.
  NOXRUN_LOG_LEVEL_WARNING = 0,
  // A device came, went or changed.
  NOXRUN_LOG_LEVEL_DEVICE = 1,
  // A terminal failure.
  NOXRUN_LOG_LEVEL_ERROR = 2,
} noxrun_log_level;

// How a time is given.
typedef enum noxrun_when_kind {
  // The first frame of the next block.
  NOXRUN_WHEN_KIND_NOW = 0,
  // `noxrun_when.frame`.
  NOXRUN_WHEN_KIND_FRAME = 1,
  // `noxrun_when.beat` of the transport.
  NOXRUN_WHEN_KIND_BEAT = 2,
} noxrun_when_kind;

// What a command does, and which fields of `noxrun_command` it reads besides `kind`. One for a
// voice, a send or an effect that has ended, or never was, does nothing and counts in
// `noxrun_stats.stale_commands`; a track that is not there is `NOXRUN_STATUS_ERR_INVALID_ARG`.
typedef enum noxrun_command_kind {
  // A new track of number `track` (1 or more, yours to choose, never twice) that feeds `target`.
  NOXRUN_COMMAND_KIND_ADD_TRACK = 0,
  // Fades `track` out and takes it out of service.
  NOXRUN_COMMAND_KIND_REMOVE_TRACK = 1,
  // Lets `track` feed `target`.
  NOXRUN_COMMAND_KIND_ROUTE = 2,
  // A new send of number `id` (yours to choose, never twice) from `track` to `target`, gain `value`,
  // 0…4. At most 8 a track.
  NOXRUN_COMMAND_KIND_ADD_SEND = 3,
  // Ends the send `id`.
  NOXRUN_COMMAND_KIND_REMOVE_SEND = 4,
  // A new effect of number `id` (yours to choose, never twice) on `track`: `name` is its kind
  // (`"filter"`, or with its type `"filter:highpass"`), `index` its place (−1: the last), `on`:
  // bypassed. At most 32 a track.
  NOXRUN_COMMAND_KIND_ADD_EFFECT = 5,
  // Takes the effect `id` out.
  NOXRUN_COMMAND_KIND_REMOVE_EFFECT = 6,
  // Bypasses the effect `id` if `on`, at `at`.
  NOXRUN_COMMAND_KIND_BYPASS = 7,
  // Mutes `track` if `on`.
  NOXRUN_COMMAND_KIND_MUTE = 8,
  // Solos `track` if `on`.
  NOXRUN_COMMAND_KIND_SOLO = 9,
  // Moves the parameter `name` (`"volume"`, 0…4; `"pan"`, −1…1) of `track` to `value`, from `at`,
  // over `seconds`.
  NOXRUN_COMMAND_KIND_SET_TRACK = 10,
  // Moves the parameter `name` (`"gain"`, 0…16; `"rate"`, 1/16…16) of the voice `id`, as `SetTrack`.
  NOXRUN_COMMAND_KIND_SET_VOICE = 11,
  // Moves the gain of the send `id`, as `SetTrack`; `name` is `"gain"`.
  NOXRUN_COMMAND_KIND_SET_SEND = 12,
  // Moves the parameter `name` of the effect `id`, as `SetTrack`.
  NOXRUN_COMMAND_KIND_SET_EFFECT = 13,
  // Fades the voice `id` out over `seconds` from `at` and ends it.
  NOXRUN_COMMAND_KIND_STOP = 14,
  // Stops every voice of `track`, as `Stop`.
  NOXRUN_COMMAND_KIND_STOP_TRACK = 15,
  // Pauses the voice `id` at `at`.
  NOXRUN_COMMAND_KIND_PAUSE = 16,
  // Resumes the voice `id` at `at`.
  NOXRUN_COMMAND_KIND_RESUME = 17,
  // Lets the voice `id` go on at `value` seconds of its sample, at `at`.
  NOXRUN_COMMAND_KIND_SEEK = 18,
  // Sets the transport's tempo to `value` beats a minute, 1…999, at `at`.
  NOXRUN_COMMAND_KIND_TEMPO = 19,
  // Starts the transport at `at`.
  NOXRUN_COMMAND_KIND_START = 20,
  // Stops the transport at `at`.
  NOXRUN_COMMAND_KIND_STOP_TRANSPORT = 21,
  // Puts the transport on beat `value`.
  NOXRUN_COMMAND_KIND_SEEK_TRANSPORT = 22,
  // Loops the transport from beat `value` to `value2`; `on` false: no loop.
  NOXRUN_COMMAND_KIND_LOOP = 23,
  // Reports the frame on which `at` falls, as a marker `id`.
  NOXRUN_COMMAND_KIND_MARKER = 24,
} noxrun_command_kind;

// What happened.
typedef enum noxrun_event_kind {
  // The voice `id` sounded first on `frame`.
  NOXRUN_EVENT_KIND_STARTED = 0,
  // The voice `id` is silent from `frame` on; `detail` is a `noxrun_end_reason`.
  NOXRUN_EVENT_KIND_ENDED = 1,
  // The marker `id` fell on `frame`; where the transport was sought past it, `detail` is 1 and
  // `frame` 0.
  NOXRUN_EVENT_KIND_MARKER = 2,
  // The device missed `count` deadlines.
  NOXRUN_EVENT_KIND_XRUN = 3,
  // The device changed; `detail` is a `noxrun_device_state`.
  NOXRUN_EVENT_KIND_DEVICE = 4,
  // The capture lost `count` samples at `frame` of its own axis.
  NOXRUN_EVENT_KIND_DROPPED = 5,
  // Trouble, which was logged.
  NOXRUN_EVENT_KIND_WARNING = 6,
  // A terminal failure, which was logged; `detail` is a `noxrun_status`.
  NOXRUN_EVENT_KIND_FAILED = 7,
} noxrun_event_kind;

// Why a voice ended.
typedef enum noxrun_end_reason {
  // Its sound was over.
  NOXRUN_END_REASON_FINISHED = 0,
  // It was stopped.
  NOXRUN_END_REASON_STOPPED = 1,
  // A newer voice took its place.
  NOXRUN_END_REASON_STOLEN = 2,
  // The state was dropped.
  NOXRUN_END_REASON_CLOSED = 3,
} noxrun_end_reason;

// A device's change of state.
typedef enum noxrun_device_state {
  // It is gone, or stands still.
  NOXRUN_DEVICE_STATE_LOST = 0,
  // It is back.
  NOXRUN_DEVICE_STATE_RESTORED = 1,
  // It runs on with other properties.
  NOXRUN_DEVICE_STATE_CHANGED = 2,
} noxrun_device_state;

// A session: opaque in C.
typedef struct noxrun_state noxrun_state;

// A chunk of the capture, without its samples.
typedef struct noxrun_chunk {
  // Frames in it; 0: there was none in time.
  uint64_t frames;
  // Index of its first frame at the delivered rate since opening, lost frames counted.
  uint64_t frame;
  // Seconds on the system's monotonic clock when that frame was at the device: `CLOCK_MONOTONIC`,
  // on Apple's systems `CLOCK_UPTIME_RAW`.
  double time;
  // Samples lost between the chunk before and this one, exact.
  uint64_t dropped_before;
  // Whether it is the last one: shorter than the others, even empty.
  bool is_final;
} noxrun_chunk;

// Gets the chunks of a capture on a thread of the library's own, which may wait for it as long as
// it likes: what does not fit into the queue meanwhile is counted. `samples` are interleaved and
// valid during the call.
typedef void (*noxrun_capture_fn)(void *user, const float *samples, const struct noxrun_chunk *chunk);

// A time. All zero is now.
typedef struct noxrun_when {
  // A `noxrun_when_kind`.
  uint32_t kind;
  // Engine frame.
  uint64_t frame;
  // Beat.
  double beat;
} noxrun_when;

// How a sample is played. Times in seconds.
typedef struct noxrun_play_options {
  // `sizeof(noxrun_play_options)`.
  uint32_t size;
  // Which sample.
  uint32_t sample;
  // On which track.
  uint32_t track;
  // Whether it repeats from `loop_start` to `loop_end` (0: its end).
  bool repeat;
  // When.
  struct noxrun_when at;
  // Linear gain, 0…16. 0 is silence: set 1 for unity.
  double gain;
  // Playback speed, 1/16…16; 0 is the default, 1.
  double rate;
  // Where in the sample it begins.
  double offset;
  // How much of it plays; 0: to its end, or for ever.
  double duration;
  // Start of what it repeats.
  double loop_start;
  // End of what it repeats, excluded.
  double loop_end;
  // It rises from silence over this time.
  double fade_in;
  // It falls to silence over its last this time.
  double fade_out;
} noxrun_play_options;

// One thing to do. Fields that its kind does not read may hold anything.
typedef struct noxrun_command {
  // A `noxrun_command_kind`.
  uint32_t kind;
  // A track.
  uint32_t track;
  // A voice, send, effect or marker.
  uint64_t id;
  // A track that is fed.
  uint32_t target;
  // A place in a chain.
  int32_t index;
  // A switch.
  bool on;
  // A parameter, or an effect's kind.
  const char *name;
  // A value.
  double value;
  // A second one.
  double value2;
  // Length of a ramp or a fade; 0 is at once.
  double seconds;
  // When.
  struct noxrun_when at;
} noxrun_command;

// One thing that happened.
typedef struct noxrun_event {
  // A `noxrun_event_kind`.
  uint32_t kind;
  // As its kind says.
  int32_t detail;
  // A voice or a marker.
  uint64_t id;
  // A frame.
  uint64_t frame;
  // A count.
  uint64_t count;
} noxrun_event;

// Is told of warnings: during `noxrun_open`, and later during `noxrun_poll`, on the thread of that
// call. `message` is valid during the call.
typedef void (*noxrun_log_fn)(void *user, enum noxrun_log_level level, const char *message);

// What a state is opened with. 0 and null are the defaults.
typedef struct noxrun_config {
  // `sizeof(noxrun_config)`.
  uint32_t size;
  // `NOXRUN_PLAYBACK` and so on, joined by `|`.
  uint32_t mode;
  // Device id or backend name; null: the default output.
  const char *output;
  // Device id or backend name; null: the default input.
  const char *input;
  // Engine rate, 1,000 to 768,000 Hz; default: the device's preference, 48,000 offline.
  uint32_t sample_rate;
  // Channels of the engine, 1 to 32, default 2.
  uint32_t channels;
  // Frames a callback, asked for, 1 to 65,536; default 256. A backend that refuses gets its preference, and
  // a warning is logged. Phones: best a multiple of what the system reports as its own.
  uint32_t buffer_size;
  // Tracks at once, 1 to 4,096, default 64.
  uint32_t max_tracks;
  // Voices that sound at once, 1 to 16,384, default 256.
  uint32_t max_voices;
  // Events that wait, 1 to 16,777,216 (2^24), default 65,536. Their memory grows with use, some 300
  // bytes each.
  uint32_t max_events;
  // Delivered rate of the capture, 1,000 to 768,000 Hz; default: the device's.
  uint32_t capture_rate;
  // Delivered channels of the capture, 1 to 32, default 1 (the average).
  uint32_t capture_channels;
  // Frames a chunk of the capture at its delivered rate, 1 to 46,080,000 and with all channels at
  // most 2^30 samples; default 20 ms.
  uint32_t capture_chunk;
  // Samples that the capture's ring holds, 1 to 134,217,728 (2^27), default 2 s.
  uint32_t capture_capacity;
  // Who is told of warnings; may be null.
  noxrun_log_fn log;
  // Passed to `log`.
  void *log_user;
  // Android: the process's `JavaVM *`, at the first opening with `NOXRUN_PLAYBACK` or
  // `NOXRUN_CAPTURE` of the process. Not read elsewhere, nor from the second time on.
  void *java_vm;
  // Android: with `java_vm`, a `jobject` of any `android.content.Context`, valid during the
  // call. The library keeps a reference of its own to the application's.
  void *android_context;
} noxrun_config;

// What a state turned out to be.
typedef struct noxrun_info {
  // Engine rate, Hz; 0 without an engine.
  uint32_t sample_rate;
  // Channels of the engine.
  uint32_t channels;
  // Frames a callback, as granted; 0 offline.
  uint32_t buffer_size;
  // Delivered rate of the capture, Hz; 0 without one.
  uint32_t capture_rate;
  // Delivered channels of the capture.
  uint32_t capture_channels;
  // Frames a chunk of the capture.
  uint32_t capture_chunk;
  // Engine time: the next frame to be rendered, extrapolated by the clock.
  uint64_t frame;
  // Seconds from the engine to the device's output.
  double output_latency;
  // Seconds from the device's input to the capture's ring.
  double capture_latency;
} noxrun_info;

// What a rendering came to.
typedef struct noxrun_rendered {
  // Frames.
  uint64_t frames;
  // Greatest absolute sample, before the safety stage.
  double peak;
  // Integrated loudness, LUFS (EBU R 128); −∞ for silence.
  double loudness;
} noxrun_rendered;

// Counters.
typedef struct noxrun_stats {
  // Playback callbacks; blocks, offline.
  uint64_t callbacks;
  // Frames rendered.
  uint64_t frames;
  // Deadlines that playback missed.
  uint64_t xruns;
  // Callback time as a share of its deadline: mean, median, 99th percentile, greatest.
  double load[4];
  // Messages that found the control queue full, and waited.
  uint64_t queue_overflows;
  // Events that came after their frame.
  uint64_t late_events;
  // Commands for what had ended.
  uint64_t stale_commands;
  // Voices that sound.
  uint64_t voices;
  // Voices that newer ones replaced.
  uint64_t stolen_voices;
  // Times that the output device was lost.
  uint64_t device_losses;
  // Samples out of the capture's resampler: delivered + dropped + buffered.
  uint64_t captured;
  // Samples out of the capture's ring.
  uint64_t delivered;
  // Samples that the capture's ring refused.
  uint64_t dropped;
  // Samples that wait in the capture's ring.
  uint64_t buffered;
  // Samples that no chunk brings: what the ring refused, and what waited too long for
  // `noxrun_capture_read` or the listener. The sum of all `noxrun_chunk.dropped_before`, once all
  // is read.
  uint64_t missed;
  // Frames that never came from the input device.
  uint64_t lost_by_device;
  // Deadlines that the capture missed.
  uint64_t capture_xruns;
  // Heap allocations inside callbacks of both directions; must be 0.
  uint64_t allocations;
  // Heap frees inside callbacks of both directions; must be 0.
  uint64_t frees;
} noxrun_stats;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Copies the next chunk's interleaved samples to `samples` and describes it in `*chunk`; waits for
// it `timeout_ms` at most. None in time: `NOXRUN_STATUS_OK` and `chunk->frames` 0. After the last chunk:
// `NOXRUN_STATUS_ERR_CLOSED`. Not while a callback listens.
//
// # Safety
// `state` is open, `samples` has room for `capacity` frames of the capture's channels, `chunk` for
// one.
enum noxrun_status noxrun_capture_read(const struct noxrun_state *state,
                                       float *samples,
                                       size_t capacity,
                                       uint32_t timeout_ms,
                                       struct noxrun_chunk *chunk);

// Lets `listener` have every chunk from now on, in place of one that listens already; null: chunks
// wait to be read again. When it returns, the listener before is called no more. Not to be called
// by a listener: `NOXRUN_STATUS_ERR_INVALID_STATE`.
//
// # Safety
// `state` is open; `listener` may be called with `user` on another thread until it is replaced, or
// the state dropped.
enum noxrun_status noxrun_capture_listen(const struct noxrun_state *state,
                                         noxrun_capture_fn listener,
                                         void *user);

// Plays a sample. `*voice`, where it is not null, becomes the number of the new voice, which no
// other one of this state has.
//
// # Safety
// `state` is open, `play` stays as it is during the call, `voice` is null or has room for one.
enum noxrun_status noxrun_play(const struct noxrun_state *state,
                               const struct noxrun_play_options *play,
                               uint64_t *voice);

// Does `count` things, each at its own `at`; those whose `at` is now take effect together, on the
// frame that `when` says (null: the first of the next block). All are accepted, or none.
//
// # Safety
// `state` is open, `commands` holds `count` of them, `when` is null or one; all stay as they are
// during the call.
enum noxrun_status noxrun_submit(const struct noxrun_state *state,
                                 const struct noxrun_command *commands,
                                 size_t count,
                                 const struct noxrun_when *when);

// Takes at most `capacity` events, oldest first; `*count` says how many. What does not fit stays
// for the next call. Logs what is to be logged.
//
// # Safety
// `state` is open, `events` has room for `capacity` of them, `count` for one.
enum noxrun_status noxrun_poll(const struct noxrun_state *state,
                               struct noxrun_event *events,
                               size_t capacity,
                               size_t *count);

// Opens what `config.mode` names and starts it. On success `*state` is to be dropped once; on
// failure it is null.
//
// # Safety
// `config` and its strings stay as they are during the call; `state` has room for a pointer; on
// Android `config.java_vm` and `config.android_context` are null or what they are called.
enum noxrun_status noxrun_open(const struct noxrun_config *config, struct noxrun_state **state);

// Stops everything, completes what is open, and frees the state. Null is nothing.
//
// # Safety
// It came from `noxrun_open`, was not dropped before, and no other call uses it.
void noxrun_drop(struct noxrun_state *state);

// What the state turned out to be, and its time and latencies now.
//
// # Safety
// `state` is open; `info` has room for one.
enum noxrun_status noxrun_get_info(const struct noxrun_state *state, struct noxrun_info *info);

// Stops engine time and the output device where `on`, else lets them go on; a capture goes on either
// way. Phones call it when a call comes in. Without playback: `NOXRUN_STATUS_ERR_INVALID_STATE`.
//
// # Safety
// `state` is open.
enum noxrun_status noxrun_suspend(const struct noxrun_state *state,
                                  bool on);

// Renders `frames` frames of a state opened with `NOXRUN_OFFLINE`, once: into `samples`,
// interleaved, or, where `path` is not null, into a `.wav` or `.flac` file, in pieces. `info` may
// be null. A file that cannot be made leaves the state as it was; one that cannot be written to
// its end (a full disk) does not: then it has rendered.
//
// # Safety
// `state` is open; `path` is null or ends in a zero byte; `samples` is null, or has room for
// `frames` frames of the engine's channels; `info` is null or has room for one.
enum noxrun_status noxrun_render(const struct noxrun_state *state,
                                 uint64_t frames,
                                 const char *path,
                                 float *samples,
                                 struct noxrun_rendered *info);

// Decodes a sound file whole, at the engine's rate. `*sample` becomes its number.
//
// # Safety
// `state` is open, `path` ends in a zero byte, `sample` has room for one.
enum noxrun_status noxrun_load(const struct noxrun_state *state,
                               const char *path,
                               uint32_t *sample);

// Takes in interleaved samples of any rate. They are copied. `*sample` becomes its number.
//
// # Safety
// `state` is open, `samples` holds `frames * channels` of them, `sample` has room for one.
enum noxrun_status noxrun_load_pcm(const struct noxrun_state *state,
                                   const float *samples,
                                   size_t frames,
                                   uint32_t channels,
                                   uint32_t rate,
                                   uint32_t *sample);

// Forgets a sample. Voices that play it go on; its memory is freed when the last one has ended.
//
// # Safety
// `state` is open.
enum noxrun_status noxrun_unload(const struct noxrun_state *state, uint32_t sample);

// Counters of playback and capture; what was not opened counts 0.
//
// # Safety
// `state` is open; `stats` has room for one.
enum noxrun_status noxrun_get_stats(const struct noxrun_state *state, struct noxrun_stats *stats);

// What this thread's last failed call had to say; empty when none failed. Valid until the next
// call of this thread.
const char *noxrun_last_error(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* NOXRUN_H */
