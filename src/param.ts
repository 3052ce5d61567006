/** Parameters: values that move without clicks, on exact frames. */
import { type NativeParamSpec, paramSpecs } from '#binding'
import { type Commands, Op, type Valued } from './commands'
import { NoxrunError } from './errors'
import { number, oneOf, options } from './validate'
import { NOW, type When, toFrame, toFrames } from './when'

/** How a ramp moves between its ends. */
export type Curve = 'linear' | 'exponential' | 'step'

export interface SetOptions {
  /** When the ramp starts; default: the first frame of the next block. */
  at?: When
  /** Length of the ramp, seconds; default 0.005, 0 is at once. */
  ramp?: number
  /** Default 'linear'. 'exponential' takes values of one sign, never 0. */
  curve?: Curve
}

/** Kinds of parameters, in the binding's order. */
export const enum ParamKind {
  TrackVolume,
  TrackPan,
  VoiceGain,
}

export const specs: readonly NativeParamSpec[] = paramSpecs()
const CURVES = ['linear', 'exponential', 'step'] as const
/** Seconds. */
export const DEFAULT_RAMP = 0.005

/** What a parameter needs of its engine. */
export interface ParamHost {
  readonly commands: Commands
  readonly sampleRate: number
  /** Frames of the default ramp. */
  readonly defaultRamp: number
  ensureOpen(): void
  paramCurrent(kind: ParamKind, id: number): number | null
}

export function specOf(kind: ParamKind): NativeParamSpec {
  const spec = specs[kind]
  if (spec === undefined) throw new NoxrunError('ERR_BACKEND', `no parameter of kind ${kind}`)
  return spec
}

/** The value of a parameter given at creation. */
export function initialValue(kind: ParamKind, value: number | undefined): number {
  const spec = specOf(kind)
  return value === undefined ? spec.default : number(spec.name, value, spec.min, spec.max)
}

export class Param implements Valued {
  readonly name: string
  readonly unit: string
  readonly min: number
  readonly max: number
  readonly default: number
  readonly #host: ParamHost
  readonly #kind: ParamKind
  readonly #id: number
  #value: number

  /** @internal */
  constructor(host: ParamHost, kind: ParamKind, id: number, value: number) {
    const spec = specOf(kind)
    this.name = spec.name
    this.unit = spec.unit
    this.min = spec.min
    this.max = spec.max
    this.default = spec.default
    this.#host = host
    this.#kind = kind
    this.#id = id
    this.#value = value
  }

  /** The last value set. Writing is `set(value)`. */
  get value(): number {
    return this.#value
  }

  set value(value: number) {
    this.set(value)
  }

  /** The value that sounds now, as of the newest callback. */
  get current(): number {
    return this.#host.paramCurrent(this.#kind, this.#id) ?? this.#value
  }

  /**
   * Moves the parameter: from its current value, along a ramp.
   *
   * Without `at` the newest value wins and the call never fails for want of room.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_CLOSED; with `at` ERR_QUEUE_FULL
   */
  set(value: number, setOptions?: SetOptions): void {
    const host = this.#host
    host.ensureOpen()
    number(this.name, value, this.min, this.max)
    if (setOptions === undefined) this.#send(NOW, value, host.defaultRamp, 0)
    else this.#setWith(value, setOptions)
  }

  #setWith(value: number, setOptions: SetOptions): void {
    const rate = this.#host.sampleRate
    const given = options('set', setOptions, ['at', 'ramp', 'curve'])
    const at = toFrame('at', given.at, rate)
    const curve = given.curve === undefined ? 'linear' : oneOf('curve', given.curve, CURVES)
    if (curve === 'exponential' && value * this.#value <= 0) {
      throw new NoxrunError(
        'ERR_OUT_OF_RANGE',
        `${this.name} cannot move exponentially from ${this.#value} to ${value}: ` +
          'both must be of one sign and not 0',
      )
    }
    const frames = toFrames('ramp', given.ramp === undefined ? DEFAULT_RAMP : given.ramp, rate)
    this.#send(at, value, frames, CURVES.indexOf(curve))
  }

  #send(at: number, value: number, frames: number, curve: number): void {
    const { commands } = this.#host
    commands.send(Op.Set, this.#id, at, this.#kind, value, frames, curve)
    commands.remember(this, this.#value)
    this.#value = value
  }

  /** @internal */
  restore(before: number): void {
    this.#value = before
  }
}
