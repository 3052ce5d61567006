/** The kinds of effects, their parameters, and the checks of them. */
import { type NativeEffectSpec, type NativeParamSpec, effectSpecs } from '#binding'
import type { Param } from './param'
import { number, oneOf, options } from './validate'

/** What a filter lets through. The gain counts for 'peaking' and the shelves only. */
export type FilterType =
  | 'lowpass'
  | 'highpass'
  | 'bandpass'
  | 'notch'
  | 'allpass'
  | 'peaking'
  | 'lowshelf'
  | 'highshelf'

/** What an effect is added with. */
export interface EffectParams {
  /** Makes it louder or softer. */
  gain: {
    /** −120…24 dB, default 0. */
    gainDb?: number
  }
  /** A biquad of the Audio EQ Cookbook. */
  filter: {
    /** Default 'lowpass'; it stays as it is. */
    type?: FilterType
    /** 10…20,000 Hz, default 1,000. */
    frequency?: number
    /** 0.05…40, default √½. */
    q?: number
    /** −40…40 dB, default 0; of 'peaking' and the shelves. */
    gainDb?: number
  }
}

/** The kinds of effects that there are. */
export type EffectKind = keyof EffectParams

type NumericNames<P> = { [N in keyof P]-?: Required<P>[N] extends number ? N : never }[keyof P]

/** The parameters of an effect of kind K: only the numeric ones. */
export type EffectControls<K extends EffectKind> = { readonly [N in NumericNames<EffectParams[K]>]: Param }

/** What the binding makes an effect of. */
export interface EffectSetup {
  /** Its kind's place among the kinds. */
  readonly place: number
  /** The place of its `type` among the kind's. */
  readonly variant: number
  /** In the order of `specs`. */
  readonly values: readonly number[]
  readonly specs: readonly NativeParamSpec[]
}

const kinds: readonly NativeEffectSpec[] = effectSpecs()

/** An effect's id, which tells its kind: messages name effects that are gone. */
export function effectId(number: number, place: number): number {
  return number * kinds.length + place
}

/** The kind of an effect by its id. */
export function kindOf(id: number): string {
  return kinds[id % kinds.length]?.kind ?? 'effect'
}

/** @throws NoxrunError ERR_INVALID_ARG (lists what there is), ERR_OUT_OF_RANGE */
export function checkEffect(kind: EffectKind, params: object | undefined): EffectSetup {
  const name = oneOf('kind', kind, kinds.map((one) => one.kind))
  const place = kinds.findIndex((one) => one.kind === name)
  const { variants, params: specs } = kinds[place] as NativeEffectSpec
  const names = specs.map((spec) => spec.name)
  const given = options<Record<string, unknown>>(
    name,
    params as Record<string, unknown> | undefined,
    variants.length > 0 ? ['type', ...names] : names,
  )
  const type = given['type']
  const value = ({ name, min, max, default: byDefault }: NativeParamSpec): number =>
    given[name] === undefined ? byDefault : number(name, given[name], min, max)
  return {
    place,
    variant: type === undefined ? 0 : variants.indexOf(oneOf('type', type, variants)),
    values: specs.map(value),
    specs,
  }
}
