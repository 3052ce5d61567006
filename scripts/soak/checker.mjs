// Compares a capture with the signal, sample by sample. What a server tears are whole periods, with an
// xrun that it reports; anything else that differs is ours.

/** Periods by which a server that missed its deadline may bring the two directions apart. */
const MOST_SHIFT = 256
/** Frames of its beginning that a server may swallow. */
const MOST_SWALLOWED = 48_000
/** Periods in a row without any of the signal after which nothing is worth comparing. */
const HOPELESS = 400

/**
 * A period that is not what was played, or from which on the signal stands whole periods elsewhere, or
 * one after which nothing of the signal was found any more.
 * @typedef {object} Tear
 * @property {'torn' | 'shifted' | 'lost'} kind
 * @property {number} frame Index of its first frame in what was captured.
 * @property {number} time Seconds, when it was captured.
 * @property {number} samples That differ.
 * @property {number} periods By which the signal moved on; 0 unless shifted.
 */

export class Checker {
  /** Samples compared, and those equal to the signal or to the silence around it. */
  checked = 0
  equal = 0
  /** @type {Tear[]} */
  tears = []
  /** Nothing of the signal was found any more. */
  hopeless = false

  #signal
  #period
  /** @type {Float32Array} A period that is not complete yet. */
  #open
  #filled = 0
  /** Frames before the open period. */
  #frame = 0
  /** Where the signal's frame 0 stands in the capture, once it is known. @type {number | undefined} */
  #origin
  #inARow = 0

  /**
   * @param {import('./signal.mjs').Signal} signal
   * @param {number} period Frames.
   */
  constructor(signal, period) {
    this.#signal = signal
    this.#period = period
    this.#open = new Float32Array(2 * period)
  }

  /** Frames of the signal that went by, as far as its place is known. */
  get heard() {
    return this.#origin === undefined ? 0 : this.#frame - this.#origin
  }

  /**
   * @param {Float32Array} samples Interleaved; the next ones, however many.
   * @param {number} time Seconds, of the first.
   */
  feed(samples, time) {
    let taken = 0
    while (taken < samples.length) {
      const part = samples.subarray(taken, taken + this.#open.length - this.#filled)
      this.#open.set(part, this.#filled)
      this.#filled += part.length
      taken += part.length
      if (this.#filled < this.#open.length) return
      this.#check(this.#open, time)
      this.#filled = 0
      this.#frame += this.#period
    }
  }

  /** Compares what is left of the last period. Returns samples that were compared in all. */
  finish() {
    if (this.#filled > 0) this.#check(this.#open.subarray(0, this.#filled), NaN)
    this.#filled = 0
    return this.checked
  }

  /** @param {Float32Array} block @param {number} time */
  #check(block, time) {
    this.checked += block.length
    if (this.#origin === undefined && !this.#begin(block)) {
      const differing = block.reduce((count, sample) => count + Number(sample !== 0), 0)
      if (differing === 0) this.equal += block.length
      else this.#torn(time, differing)
      return
    }
    const at = this.#frame - (this.#origin ?? 0)
    if (this.#signal.matches(block, at)) {
      this.equal += block.length
      this.#inARow = 0
      return
    }
    const periods = this.#inARow > HOPELESS ? 0 : this.#shift(block, at)
    if (periods === 0) {
      this.#torn(time, this.#signal.differing(block, at))
      return
    }
    this.#origin = (this.#origin ?? 0) - periods * this.#period
    this.equal += block.length
    this.#inARow = 0
    this.#tear('shifted', time, 0, periods)
  }

  /** Looks for the beginning of the signal. @param {Float32Array} block */
  #begin(block) {
    const first = block.findIndex((sample) => sample !== 0)
    if (first < 0) return false
    const begins = this.#signal.matches(block, -(first >> 1)) ? -(first >> 1) : undefined
    // A server may swallow its very beginning.
    const found = begins ?? this.#near(block, -1, MOST_SWALLOWED, (n) => n)
    if (found !== undefined) this.#origin = this.#frame - found
    return found !== undefined
  }

  /** By how many whole periods the signal has moved on; 0: it is not there. @param {Float32Array} block @param {number} at */
  #shift(block, at) {
    const found = this.#near(block, at, 2 * MOST_SHIFT, (n) => at + (n % 2 === 0 ? -n / 2 : (n + 1) / 2) * this.#period)
    return found === undefined ? 0 : (found - at) / this.#period
  }

  /**
   * The first of some places at which the block is the signal, and not the silence around it.
   * @param {Float32Array} block
   * @param {number} at Not there.
   * @param {number} places How many.
   * @param {(n: number) => number} place
   */
  #near(block, at, places, place) {
    for (let n = 0; n < places; n++) {
      const from = place(n)
      const isInside = from >= 0 && from + block.length / 2 <= this.#signal.frames
      if (isInside && from !== at && this.#signal.matches(block, from)) return from
    }
    return undefined
  }

  /** @param {number} time @param {number} samples */
  #torn(time, samples) {
    this.#tear('torn', time, samples, 0)
    this.#inARow++
    if (this.#inARow <= HOPELESS) return
    this.hopeless = true
    for (const tear of this.tears.slice(-this.#inARow)) tear.kind = 'lost'
  }

  /** @param {'torn' | 'shifted'} kind @param {number} time @param {number} samples @param {number} periods */
  #tear(kind, time, samples, periods) {
    this.tears.push({ kind, frame: this.#frame, time, samples, periods })
  }
}

/**
 * Which tears the server answers for: those around which it reported an xrun, and after which the
 * signal was found again.
 * @param {readonly Tear[]} tears
 * @param {readonly { time: number }[]} xruns When each was seen.
 * @param {number} [within] Seconds.
 * @returns {{ servers: Tear[], ours: Tear[] }}
 */
export function attribute(tears, xruns, within = 1.5) {
  /** @param {Tear} tear */
  const isServers = (tear) => tear.kind !== 'lost' && xruns.some(({ time }) => Math.abs(time - tear.time) <= within)
  return { servers: tears.filter(isServers), ours: tears.filter((tear) => !isServers(tear)) }
}
