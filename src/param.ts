/** Parameters: values that move without clicks, on exact frames. */
import * as binding from '#binding'
import { type AutomationPoint, checkPoints } from './automation'
import type { Valued } from './commands'
import { type Curve, CURVES, EXPONENTIAL, LINEAR, curveNumber } from './curve'
import { NoxrunError, native } from './errors'
import type { Host } from './host'
import { finite, number, oneOf, options } from './validate'
import { NOW, type Time, type When, toFrames, toTime } from './when'

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

/** What the binding knows a thing by: an id for operations, a key for reading. */
export interface Ref {
  readonly id: number
  readonly key: number
}

/** What a parameter is of. */
export interface ParamSource {
  readonly kind: ParamKind
  readonly of: Ref
  readonly value: number
  /** Its place among an effect's. */
  readonly index?: number
  readonly spec?: binding.NativeParamSpec
  /** How the value that sounds is read, where that is not by the key. */
  readonly read?: () => number
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
  readonly #of: Ref
  readonly #index: number
  readonly #read: (() => number) | undefined
  /** The number of the curve by which it moves when none is named. */
  readonly #curve: number
  #value: number
  /** Whether the last value was set at once. */
  #jumped = true

  /** @internal */
  constructor(host: Host, { kind, of, value, index = 0, spec = specOf(kind), read }: ParamSource) {
    this.name = spec.name
    this.unit = spec.unit
    this.min = spec.min
    this.max = spec.max
    this.default = spec.default
    this.#host = host
    this.#kind = kind
    this.#of = of
    this.#index = index
    this.#read = read
    this.#curve = spec.unit === 'Hz' || spec.unit === 's' ? EXPONENTIAL : LINEAR
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
    if (this.#read !== undefined) return this.#read()
    const sounding = native(() => binding.paramCurrent(this.#host.handle, this.#kind, this.#of.key, this.#index))
    return sounding ?? this.#value
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
    finite(this.name, value, this.min, this.max)
    if (setOptions === undefined) {
      this.#send(value, host.defaultRamp, this.#curve, NOW)
      return
    }
    const given = options('set', setOptions, ['at', 'ramp', 'curve'])
    const at = toTime('at', given.at, host.sampleRate)
    const frames = given.ramp === undefined ? host.defaultRamp : toFrames('ramp', given.ramp, host.sampleRate)
    const curve = given.curve === undefined ? this.#curve : this.#asked(oneOf('curve', given.curve, CURVES), value, at)
    this.#send(value, frames, curve, at)
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
    const { commands, sampleRate, ensureOpen } = this.#host
    ensureOpen()
    const steps = checkPoints(this, points, sampleRate, this.#value, this.#curve)
    commands.automate(this.#kind, this.#of.id, this.#index, steps)
    this.#hold(steps.at(-1)?.value ?? this.#value)
  }

  /**
   * Drops what is scheduled from then on (default: everything) and holds the value where it is
   * then. Without `from`, `value` becomes the value that sounds now.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE, ERR_CLOSED; with
   *   `from` ERR_QUEUE_FULL
   */
  cancel(from?: When): void {
    const { commands, sampleRate, ensureOpen } = this.#host
    ensureOpen()
    const time = toTime('from', from, sampleRate)
    commands.cancel(this.#kind, this.#of.id, this.#index, time)
    if (time === NOW && commands.time === NOW) this.#hold(this.current)
  }

  #send(value: number, frames: number, curve: number, at: Time): void {
    this.#host.commands.set(this.#kind, this.#of.id, this.#index, value, frames, curve, at)
    this.#jumped = frames === 0
    this.#hold(value)
  }

  #hold(value: number): void {
    this.#host.commands.remember(this, this.#value)
    this.#value = value
  }

  /** The number of a curve that was asked for; it begins at what sounds, or at what was said last. */
  #asked(curve: Curve, value: number, at: Time): number {
    const last = this.#value
    if (at !== NOW || this.#host.commands.time !== NOW) return curveNumber(this.name, curve, last, value)
    const number = curveNumber(this.name, curve, this.current, value)
    return this.#jumped ? curveNumber(this.name, curve, last, value) : number
  }

  /** @internal Back to before the first value of a batch. */
  restore(before: number): void {
    this.#value = before
  }
}
