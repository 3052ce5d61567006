// How a capture fares over time: the depth of its ring, its callbacks, and how late its chunks arrive.

/**
 * @param {number[]} values Sorted.
 * @param {number} share 0…1.
 */
const at = (values, share) => values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

/** @param {readonly number[]} values */
export function percentiles(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return { p50: at(sorted, 0.5), p99: at(sorted, 0.99), p999: at(sorted, 0.999), max: sorted.at(-1) ?? 0 }
}

/**
 * A second.
 * @typedef {object} Row
 * @property {number} t Seconds since the beginning.
 * @property {number} ring Most samples seen in the ring.
 * @property {number} queue Most samples seen in the reader's queue.
 * @property {number} highWater Most samples that the ring held so far.
 * @property {number} captureUs Mean time of a capture callback, microseconds.
 * @property {number} captureP99Us 99 % of them so far took at most so long.
 * @property {number} playbackUs
 * @property {number} playbackP99Us
 * @property {number} wakeP50Ms From a callback's beginning until its chunk was in JavaScript.
 * @property {number} wakeMaxMs
 * @property {number} xruns In this second, of both streams.
 */

export class Measure {
  /** @type {Row[]} */
  rows = []
  /** When an xrun was seen, and how many until then. @type {{ time: number, count: number }[]} */
  xruns = []
  /** Milliseconds, of every chunk. @type {number[]} */
  wakes = []

  #began = performance.now()
  #engine
  #capture
  #reader
  /** Microseconds that a callback may take. */
  #deadline
  #ring = 0
  #queue = 0
  /** @type {number[]} */
  #wakesNow = []
  /** Callbacks without a period, at each of the last looks. @type {number[]} */
  #unpaid = []
  /** Callbacks and the sum of their loads, as of the last row. */
  #before = { capture: { callbacks: 0, sum: 0 }, playback: { callbacks: 0, sum: 0 } }

  /**
   * @param {import('../../index.js').Engine} engine
   * @param {import('../../index.js').Capture} capture
   * @param {{ stats(): import('../../index.js').ReaderStats }} reader
   */
  constructor(engine, capture, reader) {
    this.#engine = engine
    this.#capture = capture
    this.#reader = reader
    this.#deadline = (1e6 * capture.bufferSize) / capture.sampleRate
  }

  /** Microseconds that a callback may take. */
  get deadline() {
    return this.#deadline
  }

  /**
   * Callbacks that brought no period, until the last seconds before the capture was closed. The two
   * counters of one that runs may be read apart; what was seen most often was read between callbacks.
   */
  get unpaid() {
    /** @param {number} value */
    const times = (value) => this.#unpaid.filter((one) => one === value).length
    return this.#unpaid.reduce((best, value) => (times(value) > times(best) ? value : best), this.#unpaid[0] ?? 0)
  }

  /** A chunk has arrived. @param {number} ms After the beginning of its callback. */
  woken(ms) {
    this.wakes.push(ms)
    this.#wakesNow.push(ms)
  }

  /** Looks at the counters; to be called often. */
  look() {
    const captured = this.#capture.stats()
    const played = this.#engine.stats()
    this.#ring = Math.max(this.#ring, captured.buffered)
    this.#queue = Math.max(this.#queue, this.#reader.stats().buffered)
    const count = captured.xruns + played.xruns
    const seen = this.xruns.at(-1)?.count ?? 0
    if (count > seen) this.xruns.push({ time: performance.now() / 1000, count })
    this.#unpaid.push(captured.callbacks - captured.captured / (this.#capture.bufferSize * this.#capture.channels))
    if (this.#unpaid.length > 200) this.#unpaid.shift()
    const t = (performance.now() - this.#began) / 1000
    if (t >= (this.rows.at(-1)?.t ?? 0) + 1) this.#row(t, captured, played, count)
  }

  /**
   * @param {number} t
   * @param {import('../../index.js').CaptureStats} captured
   * @param {import('../../index.js').EngineStats} played
   * @param {number} xruns
   */
  #row(t, captured, played, xruns) {
    const wakes = percentiles(this.#wakesNow)
    this.rows.push({
      t,
      ring: this.#ring,
      queue: this.#queue,
      highWater: captured.highWater,
      captureUs: this.#mean('capture', captured),
      captureP99Us: captured.load.p99 * this.#deadline,
      playbackUs: this.#mean('playback', played),
      playbackP99Us: played.load.p99 * this.#deadline,
      wakeP50Ms: wakes.p50,
      wakeMaxMs: wakes.max,
      xruns: xruns - this.rows.reduce((sum, row) => sum + row.xruns, 0),
    })
    this.#ring = 0
    this.#queue = 0
    this.#wakesNow = []
  }

  /** The mean of the callbacks since the last row. @param {'capture' | 'playback'} of @param {{ callbacks: number, load: { mean: number } }} stats */
  #mean(of, { callbacks, load }) {
    const before = this.#before[of]
    const sum = load.mean * callbacks
    this.#before[of] = { callbacks, sum }
    return callbacks > before.callbacks ? ((sum - before.sum) / (callbacks - before.callbacks)) * this.#deadline : 0
  }
}
