// A noxrun state as a C++17 object, for JNI and Objective-C++: it closes itself, and a failed call
// throws. Any thread may call any method (listen() one at a time); the destructor runs when no other
// call is under way. The functions that it is given must not throw.
#pragma once

#include "noxrun.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace noxrun {

// A failed call: what() is the sentence for people, status() the number for programs.
class Error : public std::runtime_error {
 public:
  explicit Error(noxrun_status status) : std::runtime_error(noxrun_last_error()), status_(status) {}
  noxrun_status status() const { return status_; }
 private:
  noxrun_status status_;
};

inline void check(noxrun_status status) { if (status != NOXRUN_STATUS_OK) throw Error(status); }

struct Options {
  uint32_t mode = NOXRUN_PLAYBACK;
  std::string output, input;           // empty: the default ones
  uint32_t sample_rate = 0;            // Hz; 0: the device's
  uint32_t buffer_size = 0;            // frames; 0: 256
  void *java_vm = nullptr;             // Android: the process's JavaVM
  void *android_context = nullptr;     // Android: any Context
  // Called in the constructor and by poll(), on the thread of that call.
  std::function<void(noxrun_log_level, const std::string &)> log;
};

class Player {
 public:
  // Called on a thread of the library's; must not call listen(), nor destroy the player.
  using Listener = std::function<void(const float *samples, const noxrun_chunk &chunk)>;

  explicit Player(Options options) : options_(std::make_unique<Options>(std::move(options))) {
    noxrun_config config{};
    config.size = sizeof config;
    config.mode = options_->mode;
    config.output = options_->output.empty() ? nullptr : options_->output.c_str();
    config.input = options_->input.empty() ? nullptr : options_->input.c_str();
    config.sample_rate = options_->sample_rate;
    config.buffer_size = options_->buffer_size;
    config.java_vm = options_->java_vm;
    config.android_context = options_->android_context;
    config.log = log;
    config.log_user = options_.get();
    noxrun_state *state = nullptr;
    check(noxrun_open(&config, &state));
    state_.reset(state);
  }

  // A WAV or FLAC file, or interleaved samples; copied.
  uint32_t load(const std::string &path) {
    uint32_t sample = 0;
    check(noxrun_load(state_.get(), path.c_str(), &sample));
    return sample;
  }
  uint32_t load(const std::vector<float> &samples, uint32_t channels, uint32_t rate) {
    uint32_t sample = 0;
    check(noxrun_load_pcm(state_.get(), samples.data(), samples.size() / std::max(channels, 1u), channels,
                          rate, &sample));
    return sample;
  }
  void unload(uint32_t sample) { check(noxrun_unload(state_.get(), sample)); }
  // Plays now, on the master; returns the voice.
  uint64_t play(uint32_t sample, double gain = 1.0, bool repeat = false) {
    noxrun_play_options options{};
    options.size = sizeof options;
    options.sample = sample;
    options.track = NOXRUN_MASTER;
    options.gain = gain;
    options.repeat = repeat;
    uint64_t voice = 0;
    check(noxrun_play(state_.get(), &options, &voice));
    return voice;
  }
  // Fades a voice out and ends it.
  void stop(uint64_t voice, double seconds = 0.01) {
    noxrun_command command{};
    command.kind = NOXRUN_COMMAND_KIND_STOP;
    command.id = voice;
    command.seconds = seconds;
    submit(command);
  }
  // The master's volume, 1 is unity; a ramp takes the click out.
  void set_volume(double volume, double seconds = 0.02) {
    noxrun_command command{};
    command.kind = NOXRUN_COMMAND_KIND_SET_TRACK;
    command.track = NOXRUN_MASTER;
    command.name = "volume";
    command.value = volume;
    command.seconds = seconds;
    submit(command);
  }
  void submit(const noxrun_command &command) { check(noxrun_submit(state_.get(), &command, 1, nullptr)); }
  // Stops engine time and the device, or lets them go on. Can wait for the device.
  void suspend(bool on) { check(noxrun_suspend(state_.get(), on)); }

  // What happened since the last call; logs what is to be logged. Call it some ten times a second.
  std::vector<noxrun_event> poll() {
    std::vector<noxrun_event> events(64);
    size_t count = 0;
    check(noxrun_poll(state_.get(), events.data(), events.size(), &count));
    events.resize(count);
    return events;
  }
  // Hands every chunk of the microphone to `listener` from now on; an empty one ends that.
  void listen(Listener listener) {
    auto next = listener ? std::make_unique<Listener>(std::move(listener)) : nullptr;
    check(noxrun_capture_listen(state_.get(), next ? captured : nullptr, next.get()));
    listener_ = std::move(next);  // The one before is called no more.
  }

  noxrun_info info() const {
    noxrun_info info{};
    check(noxrun_get_info(state_.get(), &info));
    return info;
  }

 private:
  struct Drop {
    void operator()(noxrun_state *state) const { noxrun_drop(state); }
  };
  // No exception may pass through the library.
  static void log(void *user, noxrun_log_level level, const char *message) noexcept {
    if (const auto &log = static_cast<Options *>(user)->log) log(level, message);
  }
  static void captured(void *user, const float *samples, const noxrun_chunk *chunk) noexcept {
    (*static_cast<Listener *>(user))(samples, *chunk);
  }

  // Destroyed from the last to the first: what the state calls outlives it.
  std::unique_ptr<Options> options_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<noxrun_state, Drop> state_;
};

}  // namespace noxrun
