// The signal of a soak: noise whose every stretch says where it belongs, known without any recording.

/** Frames of a stretch: five seconds at 48 kHz. */
export const STRETCH = 240_000
const NOISES = 4
/** Powers of two: a stretch that is played so much softer is still exact. */
const GAINS = /** @type {const} */ ([1, 0.5, 0.25])

/**
 * White noise in (−0.9, 0.9), the same in every run, without a zero.
 * @param {number} frames
 * @param {number} seed
 * @returns {Float32Array}
 */
function noise(frames, seed) {
  const out = new Float32Array(frames)
  let state = (seed * 2_654_435_761 + 1) >>> 0
  for (let i = 0; i < frames; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out[i] = (((state >>> 8) | 1) / 2 ** 24 - 0.5) * 1.8
  }
  return out
}

/**
 * Which noise and which gain a stretch has: an order that does not come around.
 * @param {number} stretch
 */
function variant(stretch) {
  const mixed = Math.imul(stretch + 1, 0x9e37_79b1) >>> 8
  return { noise: mixed % NOISES, gain: GAINS[(mixed >>> 4) % GAINS.length] ?? 1 }
}

/** Two channels of noise, silent before its beginning and after its end. */
export class Signal {
  /** Frames in all, whole stretches. */
  frames
  /** The noises, a pair of channels each. */
  sources = Array.from({ length: NOISES }, (_, n) => [noise(STRETCH, 2 * n + 1), noise(STRETCH, 2 * n + 2)])

  /** @param {number} stretches */
  constructor(stretches) {
    this.frames = stretches * STRETCH
  }

  /**
   * What each stretch is played as.
   * @returns {{ source: number, gain: number, offset: number }[]}
   */
  stretches() {
    return Array.from({ length: this.frames / STRETCH }, (_, n) => {
      const { noise: source, gain } = variant(n)
      return { source, gain, offset: n * STRETCH }
    })
  }

  /**
   * Whether interleaved samples are the signal from a frame on, bit for bit.
   * @param {Float32Array} samples
   * @param {number} from
   * @returns {boolean}
   */
  matches(samples, from) {
    return this.differing(samples, from, true) === 0
  }

  /**
   * How many samples are not those of the signal.
   * @param {Float32Array} samples Interleaved.
   * @param {number} from
   * @param {boolean} [first] Stop at the first.
   * @returns {number}
   */
  differing(samples, from, first = false) {
    let count = 0
    for (let n = 0; n < samples.length; n++) {
      const frame = from + (n >> 1)
      let expected = 0
      if (frame >= 0 && frame < this.frames) {
        const { noise: source, gain } = variant(Math.floor(frame / STRETCH))
        expected = (this.sources[source]?.[n & 1]?.[frame % STRETCH] ?? NaN) * gain
      }
      if (samples[n] !== expected) {
        count++
        if (first) break
      }
    }
    return count
  }
}
