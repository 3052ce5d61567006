// Which test catches which planted fault. The faults are those of crates/sabotage/src/lib.rs; a test is
// named by its file in __test__/ and its title, word for word.

/**
 * @typedef {object} Planted
 * @property {string} fault What NOXRUN_SABOTAGE takes.
 * @property {string} file Below __test__/, without the ending `.test.ts`.
 * @property {string} title
 */

/** @type {readonly Planted[]} */
export const planted = [
  { fault: 'box-in-callback', file: 'proof', title: 'callbacks allocate and free nothing' },
  { fault: 'contended-lock', file: 'proof', title: 'playback callbacks never block' },
  { fault: 'stopped-capture-thread', file: 'proof', title: 'a capture with an attentive reader loses nothing' },
  { fault: 'lost-frame', file: 'proof', title: 'every captured sample is where it belongs' },
  {
    fault: 'swapped-channels', file: 'server/loopback',
    title: 'a WAV played through alsa is captured back bit for bit, unbroken, in both channels',
  },
  { fault: 'late-start', file: 'proof', title: 'a voice starts on the frame it was given' },
  { fault: 'missed-wake', file: 'proof', title: 'the capture thread is woken by callbacks, not by its time-out' },
  { fault: 'wrong-loss-count', file: 'proof', title: 'what the ring refused is counted to the sample, where it was lost' },
  { fault: 'lost-render-wake', file: 'mixer/render-turns', title: 'an idle render thread is woken by the next render' },
  {
    fault: 'cancel-misses-point', file: 'mixer/automation',
    title: 'cancel drops an automation that begins with a step, from a time before it and without one',
  },
  {
    fault: 'point-of-other', file: 'mixer/automation',
    title: 'points of frames, seconds and any curve are reached exactly, whatever the block size',
  },
]
