// A parameter of a random control session: what is asked of it has an outcome that the contract
// defines. What it avoids is told where it is avoided.
import type { Curve, Param } from '../../index'
import type { Random } from './session'
import { type Clock, type Moment, START, type Times } from './control-times'

/**
 * 'plain' knobs take values of any clock, and no cancel. 'ramps' take values and cancels, 'points'
 * automation too, of one clock: how a frame lies to a beat is not known when they are called.
 */
export type Use = 'plain' | 'ramps' | 'points'

type Span = readonly [from: number, to: number]

interface State {
  /** Times of points. */
  points: number[]
  /** Times of everything: nothing falls on the time of another. */
  used: number[]
  /** Ramps of sets, from begin to end. */
  ramps: Span[]
  /** Stretches around a set that took over from a ramp to a point. */
  locked: Span[]
  /** Nothing is asked for this time or an earlier one. */
  floor: number
}

/** What the values of a parameter lie between. */
const RANGES: Readonly<Record<string, Span>> = {
  volume: [0.1, 1.1],
  pan: [-1, 1],
  gain: [0.1, 1],
  rate: [0.4, 2.2],
  frequency: [80, 3000],
  q: [0.4, 3],
  gainDb: [-15, 5],
}
const RAMPS = [0, 0.001, 0.005, 0.02, 0.06] as const
/** Beats are longer than 250 ms: a ramp of a set at a beat ends within so many beats. */
const SHORT = 0.01
const SHORT_BEATS = 0.05
/** One write a cell and parameter; the transport is steered between the cells (see `between`). */
const CELL = 1 / 8

/** A beat between the writes of parameters: no ramp of a set is under way there. */
export function between(random: Random, beats: number): Moment {
  return { clock: 'beat', at: random.below(Math.floor(beats / CELL)) * CELL + CELL / 2 + SHORT_BEATS / 2 }
}

export class Knob {
  readonly #param: Param
  readonly #random: Random
  readonly #times: Times
  readonly #clock: Clock
  readonly #since: Moment | undefined
  readonly #use: Use
  readonly #range: Span
  readonly #curves: readonly Curve[]
  #state: State

  /** @param since When its object begins, if that is later than the first frame. */
  constructor(param: Param, random: Random, times: Times, clock: Clock, use: Use, since?: Moment) {
    this.#param = param
    this.#random = random
    this.#times = times
    this.#clock = since?.clock ?? clock
    this.#since = since
    this.#use = use
    const range = RANGES[param.name]
    if (range === undefined) throw new Error(`no range of ${param.name}`)
    const isLoudness = param.name === 'volume' || param.name === 'gain'
    const reachesZero = isLoudness && random.chance(0.3)
    this.#range = reachesZero ? [0, range[1]] : range
    this.#curves = this.#range[0] > 0 ? ['linear', 'exponential', 'step'] : ['linear', 'step']
    this.#state = { points: [], used: [], ramps: [], locked: [], floor: since?.at ?? -1 }
  }

  /** Puts everything back to as it is now: for a batch that comes to nothing. */
  save(): () => void {
    const saved = structuredClone(this.#state)
    return () => { this.#state = saved }
  }

  /** Asks something of the parameter. `batch`: the time of the open batch. */
  move(batch: Moment | undefined): void {
    const random = this.#random
    if (this.#use === 'plain') this.#setPlain(batch)
    else if (random.chance(0.08)) this.#cancel(batch)
    else if (this.#use === 'points' && random.chance(0.7)) this.#automate(batch)
    else this.#setTimed()
  }

  #value(): number {
    return this.#random.between(...this.#range)
  }

  #curve(): { curve?: Curve } {
    return this.#random.chance(0.25) ? {} : { curve: this.#random.pick(this.#curves) }
  }

  #setPlain(batch: Moment | undefined): void {
    const random = this.#random
    const options = { ...this.#curve(), ...(random.chance(0.7) && { ramp: random.pick(RAMPS) }) }
    const isNow = this.#since === undefined || (batch?.clock === this.#clock && batch.at >= this.#since.at)
    if (isNow && random.chance(0.4)) {
      this.#param.set(this.#value(), options)
      return
    }
    const clock = this.#since === undefined && random.chance(0.3) ? 'beat' : this.#clock
    const moment = this.#times.after(this.#since ?? { clock, at: 0 })
    this.#param.set(this.#value(), { ...options, at: this.#times.when(moment) })
  }

  // A value has a time of its own also in a batch: whether a cancel drops one that has its batch's
  // time is not written anywhere.
  #setTimed(): void {
    const random = this.#random
    const state = this.#state
    const moment = this.#moment()
    if (moment === undefined) return
    const { at } = moment
    const isBeat = this.#clock === 'beat'
    const ramp = random.pick(isBeat ? RAMPS.filter((seconds) => seconds <= SHORT) : RAMPS)
    const span: Span = [at, at + (isBeat ? SHORT_BEATS : ramp * 16_000 + 1)]
    if (this.#use === 'points') {
      // What becomes of points on the way of a set's ramp, and of two such ramps, is left open.
      if (state.ramps.some((other) => overlaps(other, span))) return
      if (state.points.some((point) => isIn(point, span))) return
      const next = Math.min(...state.points.filter((point) => point > at))
      if (Number.isFinite(next)) {
        // It takes over from the ramp to that point. Which point comes next for one that is added
        // there afterwards is left open.
        state.locked.push([Math.max(-1, ...state.points.filter((point) => point < at)), next])
      }
      state.ramps.push(span)
    }
    state.used.push(at)
    this.#param.set(this.#value(), { at: this.#times.when(moment), ramp, ...this.#curve() })
  }

  #automate(batch: Moment | undefined): void {
    const random = this.#random
    const state = this.#state
    // In a batch it begins with it, so it has to come later, on the same clock.
    if (batch !== undefined && batch.clock !== this.#clock) return
    const moments: Moment[] = []
    for (let i = 1 + random.below(4); i > 0; i--) {
      const moment = this.#moment(batch)
      if (moment === undefined || state.ramps.some((span) => isIn(moment.at, span))) continue
      state.used.push(moment.at)
      moments.push(moment)
    }
    moments.sort((a, b) => a.at - b.at)
    const [first] = moments
    if (first === undefined) return
    if (batch !== undefined || this.#since !== undefined) {
      // Where an earlier point would begin that is called outside of the batch is left open.
      state.floor = Math.max(state.floor, first.at)
    }
    state.points.push(...moments.map(({ at }) => at))
    const points = moments.flatMap((moment) => {
      const at = this.#times.when(moment)
      const point = (): { at: typeof at; value: number; curve?: Curve } => ({ at, value: this.#value(), ...this.#curve() })
      return random.chance(0.12) ? [point(), { ...point(), at }] : [point()]
    })
    this.#param.automate(points)
  }

  #cancel(batch: Moment | undefined): void {
    const random = this.#random
    const state = this.#state
    const isNow = batch?.clock === this.#clock && random.chance(0.6)
    const from = isNow ? batch : this.#moment()
    if (from === undefined || from.at <= state.floor || state.used.includes(from.at)) return
    // Whether a point that waits for the end of a set's ramp is dropped with it is left open.
    if (state.ramps.some((span) => isIn(from.at, span))) return
    // What is written afterwards for an earlier time may be cut off or not: that is left open.
    state.floor = from.at
    state.used.push(from.at)
    if (isNow) this.#param.cancel()
    else this.#param.cancel(this.#times.when(from))
  }

  /** A time at which something may be written. */
  #moment(after: Moment = START): Moment | undefined {
    const random = this.#random
    const { floor, used, locked } = this.#state
    for (let attempt = 0; attempt < 6; attempt++) {
      const lowest = { clock: this.#clock, at: Math.max(floor, after.at, 0) }
      const { at: any } = this.#times.after(lowest)
      const isBeat = this.#clock === 'beat'
      const at = isBeat ? Math.floor(any / CELL) * CELL + random.between(0, CELL / 8) : Math.floor(any)
      const isTaken = used.some((other) => isBeat ? Math.floor(other / CELL) === Math.floor(at / CELL) : other === at)
      const isLate = at > floor && at > after.at
      if (isLate && !isTaken && !locked.some((span) => isIn(at, span))) return { clock: this.#clock, at }
    }
    return undefined
  }
}

function isIn(at: number, [from, to]: Span): boolean {
  return at >= from && at <= to
}

function overlaps([from, to]: Span, [otherFrom, otherTo]: Span): boolean {
  return from <= otherTo && otherFrom <= to
}
