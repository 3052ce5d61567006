/** Parameters: values that move without clicks, on exact frames. */
import * as binding from '#binding'
import { type AutomationPoint, type Step, checkPoints, ways } from './automation'
import { Op, type Valued } from './commands'
import { type Curve, CURVES, curveNumber, defaultCurve } from './curve'
import { NoxrunError, native } from './errors'
import type { Host } from './host'
import { type Point, Timeline } from './timeline'
import { number, oneOf, options } from './validate'
import { NOW, type Time, type When, atFrame, toFrames, toTime } from './when'

export type { AutomationPoint } from './automation'
export type { Curve } from './curve'

/** How a parameter moves to a value. */
export interface SetOptions {
  /** When the ramp starts; default: the first frame of the next block. */
  at?: When
  /** Length of the ramp, seconds; default 0.005, 0 is at once. */
  ramp?: number
  /**
   * Default 'linear'; for 'Hz' and 's' 'exponential' where that is possible: it takes values of one
   * sign, never 0.
   */
  curve?: Curve
}

/** Kinds of parameters, in the binding's order. */
export const enum ParamKind {
  TrackVolume,
  TrackPan,
  VoiceGain,
  VoiceRate,
  SendGain,
  InputGain,
  /** The effect's kind has its specification. */
  Effect,
}

const specs: readonly binding.NativeParamSpec[] = binding.paramSpecs()
/** Seconds. */
export const DEFAULT_RAMP = 0.005

export function specOf(kind: ParamKind): binding.NativeParamSpec {
  const spec = specs[kind]
  if (spec === undefined) throw new NoxrunError('ERR_BACKEND', `no parameter of kind ${kind}`)
  return spec
}

/** The value of a parameter given at creation. */
export function initialValue(kind: ParamKind, value: number | undefined): number {
  const spec = specOf(kind)
  return value === undefined ? spec.default : number(spec.name, value, spec.min, spec.max)
}

/**
 * A value that moves without clicks, on exact frames: a fader, a frequency, a speed.
 *
 * A ramp of n frames from a to b that starts at frame N stands exactly on b at frame N + n − 1.
 */
export class Param implements Valued {
  /** As 'volume', 'frequency'. */
  readonly name: string
  /** As 'Hz', 's', 'dB'; empty for linear gain and pan. */
  readonly unit: string
  /** Lowest value that is taken. */
  readonly min: number
  /** Highest value that is taken. */
  readonly max: number
  /** The value that it has when none is given. */
  readonly default: number
  readonly #host: Host
  readonly #kind: ParamKind
  readonly #owner: number
  readonly #index: number
  /** Whether it moves exponentially by default. */
  readonly #isExponential: boolean
  #value: number
  /** Made with the first value that is scheduled. */
  #timeline: Timeline | undefined

  /**
   * @internal
   * @param owner The id of what it belongs to.
   * @param index Its place among an effect's.
   */
  constructor(host: Host, kind: ParamKind, owner: number, value: number, index = 0, spec = specOf(kind)) {
    this.name = spec.name
    this.unit = spec.unit
    this.min = spec.min
    this.max = spec.max
    this.default = spec.default
    this.#host = host
    this.#kind = kind
    this.#owner = owner
    this.#index = index
    this.#isExponential = spec.unit === 'Hz' || spec.unit === 's'
    this.#value = value
  }

  /** The last value set. Writing is `set(value)`. */
  get value(): number {
    return this.#value
  }

  /**
   * `set(value)`: over 5 ms, from the next block on.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE, ERR_CLOSED
   */
  set value(value: number) {
    this.set(value)
  }

  /** The value that sounds now, as of the newest callback. */
  get current(): number {
    return this.#sounding() ?? this.#value
  }

  /**
   * Moves the parameter: from its current value, along a ramp.
   *
   * Without `at` the newest value wins and the call never fails for want of room.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE (what it belongs to
   *   was removed), ERR_CLOSED; with `at` ERR_QUEUE_FULL
   */
  set(value: number, setOptions?: SetOptions): void {
    const host = this.#host
    host.ensureOpen()
    number(this.name, value, this.min, this.max)
    if (setOptions === undefined) this.#send(NOW, value, host.defaultRamp, this.#defaultCurve(NOW, value))
    else this.#setWith(value, setOptions)
  }

  /**
   * Schedules points: each is reached at its time, from the one before; the first from the point or
   * value of this parameter that is scheduled last before it, or else from where the parameter
   * stands now. Points that are scheduled for later already are reached from the new ones. Of two
   * points of one time the second is a step. All are accepted, or none.
   * @throws NoxrunError ERR_INVALID_ARG (an empty array; beats and seconds or frames in one call),
   *   ERR_OUT_OF_RANGE (times that decrease, an exponential curve through or from 0),
   *   ERR_QUEUE_FULL, ERR_INVALID_STATE, ERR_CLOSED
   */
  automate(points: readonly AutomationPoint[]): void {
    this.#host.ensureOpen()
    const start = (time: Time): number => this.#startOf(time)
    const steps = checkPoints(this, points, this.#host.sampleRate, start, this.#isExponential)
    const first = steps[0]?.time ?? NOW
    const later = this.#timeline?.after(first) ?? []
    this.#host.commands.together(() => {
      for (const { from, step } of ways(this.#before(first), steps, later)) this.#reach(step, from)
    })
    this.#note(steps, steps.at(-1)?.value ?? this.#value)
  }

  /**
   * Drops what is scheduled from then on (default: everything) and holds the value where it is
   * then. Without `from`, `value` becomes the value that sounds now.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE, ERR_CLOSED; with
   *   `from` ERR_QUEUE_FULL
   */
  cancel(from?: When): void {
    const host = this.#host
    host.ensureOpen()
    const given = toTime('from', from, host.sampleRate)
    host.commands.send(Op.Cancel, this.#owner, given, this.#kind, 0, 0, 0, this.#index)
    const time = given === NOW ? host.commands.time : given
    const held = this.#startOf(time)
    if (this.#timeline) host.commands.onAbort(this.#timeline.drop(time))
    if (time === NOW) this.#note([], this.#sounding() ?? held)
    else this.#note([{ time, value: held }], this.#value)
  }

  #setWith(value: number, setOptions: SetOptions): void {
    const rate = this.#host.sampleRate
    const given = options('set', setOptions, ['at', 'ramp', 'curve'])
    const at = toTime('at', given.at, rate)
    const curve =
      given.curve === undefined
        ? this.#defaultCurve(at, value)
        : curveNumber(this.name, oneOf('curve', given.curve, CURVES), this.#startOf(at), value)
    const frames = toFrames('ramp', given.ramp === undefined ? DEFAULT_RAMP : given.ramp, rate)
    this.#send(at, value, frames, curve)
  }

  #defaultCurve(time: Time, value: number): number {
    return this.#isExponential ? defaultCurve(this.#startOf(time), value) : 0
  }

  #send(at: Time, value: number, frames: number, curve: number): void {
    const { commands } = this.#host
    if (at === NOW) commands.setNow(this.#kind, this.#owner, this.#index, value, frames, curve)
    else commands.send(Op.Set, this.#owner, at, this.#kind, value, frames, curve, this.#index)
    const time = at === NOW ? commands.time : at
    if (time === NOW && this.#timeline === undefined) {
      // The way of almost every value: nothing is allocated.
      commands.remember(this, this.#value)
      this.#value = value
    } else {
      this.#note(time === NOW ? [] : [{ time, value }], value)
    }
  }

  /** Sends a point of an automation; `before` is the time of the one before it. */
  #reach({ time, value, curve }: Step, before: Time): void {
    const { commands } = this.#host
    if (before.at === time.at) {
      commands.send(Op.Set, this.#owner, time, this.#kind, value, 0, CURVES.indexOf('step'), this.#index)
      return
    }
    const from = [before.at, before.beat ? 1 : 0]
    commands.send(Op.Reach, this.#owner, time, this.#kind, value, 0, curve, this.#index, from)
  }

  /** Where an automation begins that reaches its first point at `time`; `NOW`: at once. */
  #before(time: Time): Time {
    const latest = this.#pruned()?.latest(time)
    if (latest) return latest.time
    // At once would be at the batch's time, which comes after the point.
    const { time: batch } = this.#host.commands
    const isTooLate = batch.at > time.at && batch.beat === time.beat
    return isTooLate && !time.beat ? atFrame(binding.currentFrame(this.#host.handle)) : NOW
  }

  /** The value from which a write at `time` moves, as far as it is known here. */
  #startOf(time: Time): number {
    return this.#timeline === undefined ? this.#value : (this.#pruned()?.valueAt(time) ?? this.#value)
  }

  /** Keeps in mind what was scheduled, or, without points, that `value` was set at once. */
  #note(points: readonly Point[], value: number): void {
    const { commands } = this.#host
    const before = this.#value
    this.#pruned()
    const timeline = (this.#timeline ??= new Timeline(before))
    const undo = points.length === 0 ? timeline.rest(value) : timeline.add(points)
    this.#value = value
    commands.onAbort(() => {
      undo()
      this.#value = before
    })
  }

  /** The timeline without what has passed. */
  #pruned(): Timeline | undefined {
    const timeline = this.#timeline
    if (timeline === undefined) return undefined
    const { handle } = this.#host
    const [playing = 0, beat = 0] = timeline.hasBeats ? binding.transportState(handle) : []
    timeline.prune(binding.currentFrame(handle), playing === 1 ? beat : -1)
    return timeline
  }

  #sounding(): number | null {
    return native(() => binding.paramCurrent(this.#host.handle, this.#kind, this.#owner, this.#index))
  }

  /** @internal Back to before the first value of a batch; what was scheduled came after it. */
  restore(before: number): void {
    this.#value = before
    this.#timeline = undefined
  }
}
