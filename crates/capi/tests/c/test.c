/* Uses every function of noxrun.h as a C11 program would, on the offline engine and on the virtual
 * device, and compares sound bit by bit. Ends with the number of checks. */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include "noxrun.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int checks;

#define CHECK(condition)                                                                \
  do {                                                                                  \
    checks++;                                                                           \
    if (!(condition)) {                                                                 \
      fprintf(stderr, "%s:%d: %s failed; last error: %s\n", __FILE__, __LINE__,         \
              #condition, noxrun_last_error());                                         \
      exit(1);                                                                          \
    }                                                                                   \
  } while (0)
#define OK(call) CHECK((call) == NOXRUN_STATUS_OK)
#define FAILS(code, call) CHECK((call) == NOXRUN_STATUS_##code && noxrun_last_error()[0] != 0)

enum { RATE = 48000, LENGTH = 4800 };

/* Noise that is the same everywhere, within ±0.5: 24 bits of a linear congruential generator. */
static float noise(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return ((float)(*seed >> 8) / 16777216.0f) - 0.5f;
}

static noxrun_config config_of(uint32_t mode) {
  noxrun_config config = {0};
  config.size = sizeof config;
  config.mode = mode;
  config.sample_rate = RATE;
  return config;
}

static void fill(float *sound, size_t count) {
  uint32_t seed = 1;
  for (size_t i = 0; i < count; i++) sound[i] = noise(&seed);
}

static void refuses_what_makes_no_sense(void) {
  noxrun_state *state = (noxrun_state *)1;
  FAILS(ERR_INVALID_ARG, noxrun_open(NULL, &state));
  CHECK(state == NULL);
  noxrun_config config = config_of(0);
  FAILS(ERR_INVALID_ARG, noxrun_open(&config, &state));
  FAILS(ERR_INVALID_ARG, noxrun_open(&config, NULL));
  config = config_of(NOXRUN_OFFLINE | NOXRUN_PLAYBACK);
  FAILS(ERR_INVALID_ARG, noxrun_open(&config, &state));
  config = config_of(NOXRUN_OFFLINE);
  config.size = 4;
  FAILS(ERR_INVALID_ARG, noxrun_open(&config, &state));
  CHECK(strstr(noxrun_last_error(), "config.size") != NULL);
  config = config_of(NOXRUN_OFFLINE);
  config.channels = 33;
  FAILS(ERR_OUT_OF_RANGE, noxrun_open(&config, &state));
  CHECK(strstr(noxrun_last_error(), "config.channels") != NULL);
  config = config_of(NOXRUN_PLAYBACK);
  config.output = "no-such-backend:nothing";
  FAILS(ERR_NO_DEVICE, noxrun_open(&config, &state));
  config.output = "\xff\xfe";
  FAILS(ERR_INVALID_ARG, noxrun_open(&config, &state));
  FAILS(ERR_INVALID_ARG, noxrun_suspend(NULL, true));
  noxrun_drop(NULL);

  config = config_of(NOXRUN_CAPTURE);
  config.input = "virtual";
  config.capture_chunk = 46080001;
  FAILS(ERR_OUT_OF_RANGE, noxrun_open(&config, &state));
  CHECK(strstr(noxrun_last_error(), "config.capture_chunk") != NULL);
  config.capture_chunk = 0;
  config.capture_capacity = UINT32_MAX;
  FAILS(ERR_OUT_OF_RANGE, noxrun_open(&config, &state));
  CHECK(strstr(noxrun_last_error(), "config.capture_capacity") != NULL);

  /* What a newer header may have behind the fields of today. */
  struct {
    noxrun_config config;
    uint64_t newer;
  } longer = {config_of(NOXRUN_OFFLINE), 0};
  longer.config.size = sizeof longer;
  OK(noxrun_open(&longer.config, &state));
  noxrun_drop(state);
  longer.newer = 1;
  FAILS(ERR_INVALID_ARG, noxrun_open(&longer.config, &state));
}

static void a_number_is_given_once(noxrun_state *state) {
  noxrun_command effect = {.kind = NOXRUN_COMMAND_KIND_ADD_EFFECT, .id = 20, .name = "gain", .index = -2};
  FAILS(ERR_OUT_OF_RANGE, noxrun_submit(state, &effect, 1, NULL));
  effect.index = -1;
  effect.name = "gain:lowpass";
  FAILS(ERR_INVALID_ARG, noxrun_submit(state, &effect, 1, NULL));
  effect.name = "gain";
  OK(noxrun_submit(state, &effect, 1, NULL));
  FAILS(ERR_INVALID_ARG, noxrun_submit(state, &effect, 1, NULL));
  CHECK(strstr(noxrun_last_error(), "20") != NULL);
  noxrun_command send = {.kind = NOXRUN_COMMAND_KIND_ADD_SEND, .track = 1, .target = NOXRUN_MASTER, .id = 20};
  OK(noxrun_submit(state, &send, 1, NULL));
  FAILS(ERR_INVALID_ARG, noxrun_submit(state, &send, 1, NULL));
  send.kind = NOXRUN_COMMAND_KIND_REMOVE_SEND;
  OK(noxrun_submit(state, &send, 1, NULL));
}

static void renders_offline_on_exact_frames(void) {
  noxrun_config config = config_of(NOXRUN_OFFLINE);
  noxrun_state *state = NULL;
  OK(noxrun_open(&config, &state));
  static float sound[2 * LENGTH];
  fill(sound, 2 * LENGTH);
  uint32_t sample = 0;
  OK(noxrun_load_pcm(state, sound, LENGTH, 2, RATE, &sample));
  FAILS(ERR_OUT_OF_RANGE, noxrun_load_pcm(state, sound, LENGTH, 0, RATE, &sample));
  FAILS(ERR_NOT_FOUND, noxrun_load(state, "there/is/nothing.wav", &sample));

  noxrun_command setup[] = {
      {.kind = NOXRUN_COMMAND_KIND_ADD_TRACK, .track = 1, .target = NOXRUN_MASTER},
      {.kind = NOXRUN_COMMAND_KIND_SET_TRACK, .track = 1, .name = "volume", .value = 0.5},
      {.kind = NOXRUN_COMMAND_KIND_ADD_EFFECT, .track = 1, .id = 7, .name = "filter:highpass",
       .index = -1, .on = true},
      {.kind = NOXRUN_COMMAND_KIND_MARKER, .id = 3, .at = {.kind = NOXRUN_WHEN_KIND_FRAME, .frame = 1234}},
  };
  OK(noxrun_submit(state, setup, 4, NULL));
  a_number_is_given_once(state);
  FAILS(ERR_INVALID_STATE, noxrun_suspend(state, true));
  noxrun_command bad[] = {
      {.kind = NOXRUN_COMMAND_KIND_SET_TRACK, .track = 1, .name = "volume", .value = 0.25},
      {.kind = NOXRUN_COMMAND_KIND_SET_EFFECT, .id = 7, .name = "loudness", .value = 1},
  };
  FAILS(ERR_INVALID_ARG, noxrun_submit(state, bad, 2, NULL));
  CHECK(strstr(noxrun_last_error(), "commands[1]") != NULL);
  bad[1].name = "frequency";
  bad[1].value = 1e9;
  FAILS(ERR_OUT_OF_RANGE, noxrun_submit(state, bad, 2, NULL));
  bad[1].kind = 99;
  FAILS(ERR_INVALID_ARG, noxrun_submit(state, bad, 2, NULL));

  noxrun_play_options play = {0};
  play.size = sizeof play;
  play.sample = sample;
  play.track = 1;
  play.gain = 1;
  play.at.kind = NOXRUN_WHEN_KIND_FRAME;
  play.at.frame = 1000;
  uint64_t voice = 0;
  OK(noxrun_play(state, &play, &voice));
  play.sample = 4711;
  FAILS(ERR_INVALID_ARG, noxrun_play(state, &play, NULL));
  OK(noxrun_unload(state, sample));
  FAILS(ERR_INVALID_ARG, noxrun_unload(state, sample));

  enum { FRAMES = 1000 + LENGTH + 500 };
  static float out[2 * FRAMES];
  noxrun_rendered rendered;
  /* A failed call has changed nothing. */
  FAILS(ERR_INVALID_ARG, noxrun_render(state, FRAMES, "out.mp3", NULL, NULL));
  FAILS(ERR_NOT_FOUND, noxrun_render(state, FRAMES, "there/is/nothing.wav", NULL, NULL));
  FAILS(ERR_INVALID_ARG, noxrun_render(state, FRAMES, NULL, NULL, NULL));
  OK(noxrun_render(state, FRAMES, NULL, out, &rendered));
  CHECK(rendered.frames == FRAMES);
  float peak = 0;
  for (size_t i = 0; i < 2 * FRAMES; i++) {
    size_t frame = i / 2;
    bool sounds = frame >= 1000 && frame < 1000 + LENGTH;
    float expected = sounds ? sound[i - 2000] * 0.5f : 0.0f;
    if (out[i] != expected) {
      fprintf(stderr, "frame %zu: %.9g, expected %.9g\n", frame, out[i], expected);
      exit(1);
    }
    if (fabsf(expected) > peak) peak = fabsf(expected);
  }
  CHECK(rendered.peak == peak);
  FAILS(ERR_INVALID_STATE, noxrun_render(state, FRAMES, NULL, out, NULL));

  noxrun_event events[4];
  size_t count = 0;
  bool started = false, ended = false, marked = false;
  do {
    OK(noxrun_poll(state, events, 1, &count));
    for (size_t i = 0; i < count; i++) {
      const noxrun_event *event = &events[i];
      if (event->kind == NOXRUN_EVENT_KIND_STARTED) started = event->id == voice && event->frame == 1000;
      if (event->kind == NOXRUN_EVENT_KIND_MARKER) marked = event->id == 3 && event->frame == 1234;
      if (event->kind == NOXRUN_EVENT_KIND_ENDED)
        ended = event->id == voice && event->frame == 1000 + LENGTH &&
                event->detail == NOXRUN_END_REASON_FINISHED;
    }
  } while (count > 0);
  CHECK(started && ended && marked);
  noxrun_stats stats;
  OK(noxrun_get_stats(state, &stats));
  CHECK(stats.frames == FRAMES && stats.late_events == 0);
  FAILS(ERR_INVALID_STATE, noxrun_capture_listen(state, NULL, NULL));
  noxrun_drop(state);
}

static void renders_into_a_file_and_loads_it_again(const char *path) {
  noxrun_config config = config_of(NOXRUN_OFFLINE);
  noxrun_state *state = NULL;
  OK(noxrun_open(&config, &state));
  static float sound[2 * LENGTH], out[2 * LENGTH];
  fill(sound, 2 * LENGTH);
  noxrun_play_options play = {.size = sizeof play, .gain = 1};
  OK(noxrun_load_pcm(state, sound, LENGTH, 2, RATE, &play.sample));
  OK(noxrun_play(state, &play, NULL));
  OK(noxrun_render(state, LENGTH, path, NULL, NULL));
  noxrun_drop(state);
  OK(noxrun_open(&config, &state));
  OK(noxrun_load(state, path, &play.sample));
  OK(noxrun_play(state, &play, NULL));
  OK(noxrun_render(state, LENGTH, NULL, out, NULL));
  CHECK(memcmp(out, sound, sizeof sound) == 0);
  noxrun_drop(state);
  remove(path);
}

static int logged;

static void log_it(void *user, noxrun_log_level level, const char *message) {
  (void)level;
  CHECK(user == &logged && message[0] != 0);
  logged++;
}

/* Seconds of the clock that chunks are stamped with. */
static double now(void) {
  struct timespec time;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void what_is_played_on_the_virtual_device_is_captured_bit_for_bit(void) {
  noxrun_config config = config_of(NOXRUN_PLAYBACK | NOXRUN_CAPTURE);
  config.output = config.input = "virtual";
  config.capture_channels = 2;
  config.capture_chunk = 480;
  config.log = log_it;
  config.log_user = &logged;
  noxrun_state *state = NULL;
  const double opened = now();
  OK(noxrun_open(&config, &state));
  noxrun_info info;
  OK(noxrun_get_info(state, &info));
  CHECK(info.sample_rate == RATE && info.channels == 2 && info.capture_chunk == 480);
  CHECK(info.capture_rate == RATE && info.capture_channels == 2);
  static float sound[2 * LENGTH];
  fill(sound, 2 * LENGTH);
  noxrun_play_options play = {.size = sizeof play, .gain = 1};
  OK(noxrun_load_pcm(state, sound, LENGTH, 2, RATE, &play.sample));
  OK(noxrun_play(state, &play, NULL));

  static float got[2 * 480];
  size_t found = 0;
  noxrun_chunk chunk;
  FAILS(ERR_OUT_OF_RANGE, noxrun_capture_read(state, got, 479, 0, &chunk));
  for (int reads = 0; reads < 2000 && found < 2 * LENGTH; reads++) {
    OK(noxrun_capture_read(state, got, 480, 1000, &chunk));
    CHECK(chunk.dropped_before == 0);
    /* Between the opening and now; a second for what a slow machine estimates. */
    CHECK(chunk.time >= opened - 1 && chunk.time <= now() + 1);
    for (size_t i = 0; i < 2 * chunk.frames && found < 2 * LENGTH; i++) {
      if (found == 0 && got[i] == 0.0f) continue;
      if (got[i] != sound[found]) {
        fprintf(stderr, "sample %zu: %.9g, played was %.9g\n", found, got[i], sound[found]);
        exit(1);
      }
      found++;
    }
  }
  CHECK(found == 2 * LENGTH);
  OK(noxrun_suspend(state, true));
  OK(noxrun_suspend(state, false));
  noxrun_stats stats;
  OK(noxrun_get_stats(state, &stats));
  CHECK(stats.captured == stats.delivered + stats.dropped + stats.buffered);
  CHECK(stats.missed == 0);
  CHECK(stats.allocations == 0 && stats.frees == 0);
  FAILS(ERR_INVALID_STATE, noxrun_render(state, 1, NULL, got, NULL));
  noxrun_drop(state);
}

int main(int argc, char **argv) {
  refuses_what_makes_no_sense();
  renders_offline_on_exact_frames();
  renders_into_a_file_and_loads_it_again(argc > 1 ? argv[1] : "noxrun-test-c.wav");
  what_is_played_on_the_virtual_device_is_captured_bit_for_bit();
  printf("%d checks passed\n", checks);
  return 0;
}
