// A C++17 program: the header compiles as C++, a state lives in a unique_ptr, and the capture calls
// back on a thread of the library's own. Ends with the number of chunks.
#include "noxrun.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Drop {
  void operator()(noxrun_state *state) const { noxrun_drop(state); }
};
using State = std::unique_ptr<noxrun_state, Drop>;

void ok(noxrun_status status) {
  if (status != NOXRUN_STATUS_OK) throw std::runtime_error(noxrun_last_error());
}

void expect(bool condition, const char *what) {
  if (!condition) throw std::runtime_error(what);
}

// Ten minutes: no chunk is ever full.
constexpr std::uint32_t LONG_CHUNK = 48000 * 600;

State capturing(std::uint32_t chunk) {
  noxrun_config config{};
  config.size = sizeof config;
  config.mode = NOXRUN_CAPTURE;
  config.input = "virtual";
  config.capture_chunk = chunk;
  noxrun_state *state = nullptr;
  ok(noxrun_open(&config, &state));
  return State(state);
}

struct Heard {
  std::atomic<std::uint64_t> chunks{0};
  std::atomic<std::uint64_t> frames{0};
  std::atomic<bool> in_order{true};
  std::uint64_t next = 0;
};

extern "C" void hear(void *user, const float *samples, const noxrun_chunk *chunk) {
  auto &heard = *static_cast<Heard *>(user);
  // A machine that stood still lost some: the frames count on, and none comes twice.
  if (chunk->frame < heard.next) heard.in_order = false;
  heard.next = chunk->frame + chunk->frames;
  volatile float last = chunk->frames > 0 ? samples[chunk->frames - 1] : 0.0f;
  (void)last;
  heard.frames += chunk->frames;
  heard.chunks++;
}

noxrun_status tried = NOXRUN_STATUS_OK;

extern "C" void replace_itself(void *user, const float *, const noxrun_chunk *) {
  auto *state = static_cast<noxrun_state *>(user);
  tried = noxrun_capture_listen(state, nullptr, nullptr);
}

// Whoever waits long holds up nobody who waits shortly: behind each read of two seconds there would
// be room for one short one only.
void reads_side_by_side() {
  State state = capturing(LONG_CHUNK);
  std::atomic<bool> is_enough{false};
  std::atomic<int> long_reads{0};
  std::vector<float> room(LONG_CHUNK), other(LONG_CHUNK);
  std::thread patient([&] {
    while (!is_enough) {
      noxrun_chunk chunk{};
      // One that a gap ends early comes at once.
      if (noxrun_capture_read(state.get(), room.data(), room.size(), 2000, &chunk) == NOXRUN_STATUS_OK) long_reads++;
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  int short_reads = 0;
  for (int tries = 0; tries < 40; tries++) {
    noxrun_chunk chunk{};
    if (noxrun_capture_read(state.get(), other.data(), other.size(), 10, &chunk) == NOXRUN_STATUS_OK) short_reads++;
  }
  const auto listen = noxrun_capture_listen(state.get(), nullptr, nullptr);
  const int meanwhile = long_reads;
  is_enough = true;
  patient.join();
  expect(short_reads == 40 && listen == NOXRUN_STATUS_OK, "they succeed");
  expect(meanwhile < 20, "a short wait is not held up by a long one");
}

void no_listener_replaces_itself() {
  State state = capturing(256);
  ok(noxrun_capture_listen(state.get(), replace_itself, state.get()));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  // Whoever else may: it waits until the callback is over.
  ok(noxrun_capture_listen(state.get(), nullptr, nullptr));
  expect(tried == NOXRUN_STATUS_ERR_INVALID_STATE, "a listener does not replace itself");
  noxrun_chunk chunk{};
  float room[256];
  ok(noxrun_capture_read(state.get(), room, 256, 1000, &chunk));
  expect(chunk.frames == 256, "reading goes on");
}

std::uint64_t listens() {
  State state = capturing(256);
  Heard heard;
  ok(noxrun_capture_listen(state.get(), hear, &heard));
  noxrun_chunk chunk{};
  float room[256];
  expect(noxrun_capture_read(state.get(), room, 256, 0, &chunk) == NOXRUN_STATUS_ERR_INVALID_STATE,
         "a reader beside a listener is refused");
  while (heard.chunks < 20) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ok(noxrun_capture_listen(state.get(), nullptr, nullptr));
  const auto frames = heard.frames.load();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  expect(heard.frames == frames, "a listener that was ended is called no more");
  expect(heard.in_order, "chunks come in order, none twice");
  ok(noxrun_capture_read(state.get(), room, 256, 1000, &chunk));
  expect(chunk.frame >= heard.next, "reading goes on where listening ended");
  // Dropped with a listener that runs.
  ok(noxrun_capture_listen(state.get(), hear, &heard));
  state.reset();
  return heard.chunks;
}

}  // namespace

int main() try {
  reads_side_by_side();
  no_listener_replaces_itself();
  std::printf("%llu chunks heard\n", static_cast<unsigned long long>(listens()));
  return 0;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
