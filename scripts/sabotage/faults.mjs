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
  { fault: 'stopped-capture-thread', file: 'capture', title: 'a capture with an attentive reader loses nothing' },
  { fault: 'lost-frame', file: 'loopback', title: 'what is played is captured bit for bit' },
  { fault: 'swapped-channels', file: 'loopback', title: 'every channel carries its own number' },
  { fault: 'late-start', file: 'schedule', title: 'a voice starts on the frame it was given' },
  { fault: 'missed-wake', file: 'capture', title: 'a chunk arrives without waiting for the time-out' },
  { fault: 'wrong-loss-count', file: 'capture', title: 'a stalled reader is told exactly what was lost' },
]
