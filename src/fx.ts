/** A track's chain of effects. */
import * as binding from '#binding'
import { type AnyEffect, ChainEffect, type Effect } from './effect'
import { type EffectKind, type EffectParams, checkEffect, effectId } from './effect-kinds'
import { NoxrunError, native } from './errors'
import type { Host } from './host'
import { boolean, integer, invalid, optional, options } from './validate'

export type { AnyEffect, Effect, EffectOf } from './effect'
export type { EffectControls, EffectKind, EffectParams, FilterType } from './effect-kinds'

/** How an effect is added to a chain. */
export interface AddOptions {
  /** Its place, 0…length; default: the last. */
  index?: number
  /** Default false. */
  bypass?: boolean
}

/** Effects in the order of the sound, at most 32. Iterating gives them in that order. */
export interface FxChain extends Iterable<Effect> {
  /** How many there are. */
  readonly length: number
  /** As of an array: negative indices count from the end. */
  at(index: number): Effect | undefined
  /**
   * Adds an effect, faded in over 10 ms.
   * @throws NoxrunError ERR_LIMIT (32 effects), ERR_INVALID_ARG (names the kinds, or the parameters,
   *   that there are), ERR_OUT_OF_RANGE, ERR_INVALID_STATE (the track was removed), ERR_QUEUE_FULL
   *   (maxEvents), ERR_CLOSED
   */
  add<K extends EffectKind>(kind: K, params?: EffectParams[K], options?: AddOptions): Effect<K>
  /**
   * Moves an effect of this chain, so that it stands at `index`, 0…length − 1.
   * @throws NoxrunError ERR_INVALID_ARG (an effect of another chain), ERR_OUT_OF_RANGE,
   *   ERR_INVALID_STATE (the effect or the track was removed), ERR_QUEUE_FULL (maxEvents), ERR_CLOSED
   */
  move(effect: Effect, index: number): void
  /**
   * Removes all of them.
   * @throws NoxrunError ERR_INVALID_STATE (the track was removed), ERR_QUEUE_FULL (maxEvents),
   *   ERR_CLOSED
   */
  clear(): void
}

/** Effects that were removed and are still known, before they are forgotten. */
const MANY = 64

export class TrackFx implements FxChain {
  readonly #host: Host
  readonly #track: number
  readonly #ensureThere: () => void
  /** Those that were added, by their ids; the engine knows which of them are there, and in what order. */
  readonly #effects = new Map<number, AnyEffect>()

  /** @param ensureThere Throws when the track, or its engine, may not be used any more. */
  constructor(host: Host, track: number, ensureThere: () => void) {
    this.#host = host
    this.#track = track
    this.#ensureThere = ensureThere
  }

  get length(): number {
    return this.#ids().length
  }

  at(index: number): Effect | undefined {
    return this.#list().at(index)
  }

  [Symbol.iterator](): Iterator<Effect> {
    return this.#list()[Symbol.iterator]()
  }

  add<K extends EffectKind>(kind: K, params?: EffectParams[K], addOptions?: AddOptions): Effect<K> {
    const { commands, newId } = this.#host
    this.#ensureThere()
    const setup = checkEffect(kind, params)
    const given = options('add', addOptions, ['index', 'bypass'])
    const index = optional(given.index, (value) => integer('index', value, 0, this.length))
    const bypass = optional(given.bypass, (value) => boolean('bypass', value)) ?? false
    const { place, variant, values } = setup
    const id = effectId(newId(), place)
    const key = commands.addEffect(id, this.#track, index, bypass, place, variant, values)
    const effect = new ChainEffect(this.#host, this.#track, { id, key }, kind, setup, bypass)
    this.#effects.set(id, effect)
    commands.onAbort(() => this.#effects.delete(id))
    return effect
  }

  move(effect: Effect, index: number): void {
    this.#ensureThere()
    const id = this.#idOf(effect)
    const ids = this.#ids()
    const to = integer('index', index, 0, ids.length - 1)
    if (ids[to] !== id) this.#host.commands.moveEffect(id, to)
  }

  clear(): void {
    this.#ensureThere()
    if (this.length > 0) this.#host.commands.clearEffects(this.#track)
  }

  #ids(): number[] {
    return native(() => binding.chain(this.#host.handle, this.#track))
  }

  #list(): Effect[] {
    const ids = this.#ids()
    // In a batch, removed ones may come back.
    if (this.#effects.size > ids.length + MANY) {
      for (const id of this.#effects.keys()) if (!ids.includes(id)) this.#effects.delete(id)
    }
    return ids.flatMap((id) => this.#effects.get(id) ?? [])
  }

  #idOf(effect: Effect): number {
    const one: unknown = effect
    const id = one instanceof ChainEffect ? one.idIn(this.#track) : undefined
    if (id === undefined) throw invalid('effect', effect, 'an effect of this chain')
    if (this.#ids().includes(id)) return id
    throw new NoxrunError('ERR_INVALID_STATE', `effect must be one that is there: the ${effect.kind} was removed`)
  }
}
