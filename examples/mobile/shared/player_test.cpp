// Runs NoxrunPlayer on the virtual device, whose output comes back at its input. Ends with the number
// of checks.
#include "NoxrunPlayer.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

static int checks;

#define CHECK(condition)                                                          \
  do {                                                                            \
    checks++;                                                                     \
    if (!(condition)) {                                                           \
      std::fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                               \
    }                                                                             \
  } while (0)

// Polls until an event of that kind came, or ten seconds have passed.
static bool comes(noxrun::Player &player, noxrun_event_kind kind, uint64_t id) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < end) {
    for (const auto &event : player.poll())
      if (event.kind == static_cast<uint32_t>(kind) && event.id == id) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

static void plays_and_hears_itself() {
  noxrun::Options options;
  options.mode = NOXRUN_PLAYBACK | NOXRUN_CAPTURE;
  options.output = options.input = "virtual";
  noxrun::Player player(std::move(options));
  CHECK(player.info().sample_rate == 48000 && player.info().capture_channels == 1);

  std::atomic<bool> heard{false};
  std::atomic<int> chunks{0};
  player.listen([&](const float *samples, const noxrun_chunk &chunk) {
    chunks++;
    for (uint64_t frame = 0; frame < chunk.frames; frame++)
      if (samples[frame] > 0.2f) heard = true;
  });

  // Ten milliseconds, over and over.
  const uint32_t sample = player.load(std::vector<float>(960, 0.5f), 2, 48000);
  const uint64_t looped = player.play(sample, 1.0, true);
  CHECK(comes(player, NOXRUN_EVENT_KIND_STARTED, looped));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!heard && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(heard);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  for (const auto &event : player.poll()) CHECK(event.kind != NOXRUN_EVENT_KIND_ENDED);

  player.set_volume(0.25);
  player.stop(looped);
  CHECK(comes(player, NOXRUN_EVENT_KIND_ENDED, looped));
  player.unload(sample);

  player.listen(nullptr);
  const int before = chunks;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(before > 0 && chunks == before);

  player.suspend(true);
  const uint64_t frame = player.info().frame;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(player.info().frame == frame);
  player.suspend(false);
  const uint64_t again = player.play(player.load(std::vector<float>(960, 0.1f), 2, 48000));
  CHECK(comes(player, NOXRUN_EVENT_KIND_ENDED, again));
}

// A listener that still runs, and a voice that still sounds, when the player goes.
static void closes_while_all_of_it_runs() {
  noxrun::Options options;
  options.mode = NOXRUN_PLAYBACK | NOXRUN_CAPTURE;
  options.output = options.input = "virtual";
  std::atomic<int> chunks{0};
  {
    noxrun::Player player(std::move(options));
    player.listen([&](const float *, const noxrun_chunk &) { chunks++; });
    player.play(player.load(std::vector<float>(960, 0.1f), 2, 48000), 1.0, true);
  }
  const int before = chunks;
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  CHECK(chunks == before);
}

static void errors_are_exceptions_with_a_number_and_a_sentence() {
  noxrun::Options options;
  options.output = "no-such-backend";
  try {
    noxrun::Player player(std::move(options));
    CHECK(false);
  } catch (const noxrun::Error &error) {
    CHECK(error.status() == NOXRUN_STATUS_ERR_NO_DEVICE);
    CHECK(std::string(error.what()).find("no-such-backend") != std::string::npos);
  }
  noxrun::Options offline;
  offline.mode = NOXRUN_OFFLINE;
  noxrun::Player player(std::move(offline));
  try {
    player.load("/no/such/file.wav");
    CHECK(false);
  } catch (const noxrun::Error &error) {
    CHECK(error.status() == NOXRUN_STATUS_ERR_NOT_FOUND);
  }
  try {
    player.listen([](const float *, const noxrun_chunk &) {});
    CHECK(false);
  } catch (const noxrun::Error &error) {
    CHECK(error.status() == NOXRUN_STATUS_ERR_INVALID_STATE);
  }
}

// A phone's app that allows the virtual device is told why it runs on it.
static void warnings_are_logged_while_opening() {
  int logged = 0;
  noxrun::Options options;
  options.mode = NOXRUN_PLAYBACK | NOXRUN_ALLOW_VIRTUAL;
  options.output = "no-such-backend";
  options.log = [&](noxrun_log_level level, const std::string &message) {
    if (level == NOXRUN_LOG_LEVEL_WARNING && message.find("virtual") != std::string::npos) logged++;
  };
  noxrun::Player player(std::move(options));
  CHECK(logged == 1);
}

int main() {
  plays_and_hears_itself();
  closes_while_all_of_it_runs();
  errors_are_exceptions_with_a_number_and_a_sentence();
  warnings_are_logged_while_opening();
  std::printf("%d checks passed\n", checks);
}
