/** A track's chain of effects. */
import { Op } from './commands'
import { ChainEffect, type Effect } from './effect'
import { type EffectKind, type EffectParams, checkEffect } from './effect-kinds'
import { NoxrunError } from './errors'
import type { Host } from './host'
import type { TrackNode } from './routing'
import { boolean, integer, invalid, optional, options } from './validate'
import { NOW } from './when'

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

const MAX_EFFECTS = 32


export class TrackFx implements FxChain {
  readonly #host: Host
  readonly #node: TrackNode
  /** Of the effects that are here, and of those that were. */
  readonly #ids = new WeakMap<object, number>()
  #effects: readonly Effect[] = []

  /** @param host That of the track. */
  constructor(host: Host, node: TrackNode) {
    this.#host = host
    this.#node = node
  }

  get length(): number {
    return this.#effects.length
  }

  at(index: number): Effect | undefined {
    return this.#effects.at(index)
  }

  [Symbol.iterator](): Iterator<Effect> {
    return this.#effects[Symbol.iterator]()
  }

  add<K extends EffectKind>(kind: K, params?: EffectParams[K], addOptions?: AddOptions): Effect<K> {
    const host = this.#host
    host.ensureOpen()
    const setup = checkEffect(kind, params)
    const given = options('add', addOptions, ['index', 'bypass'])
    const index = optional(given.index, (value) => integer('index', value, 0, this.length)) ?? this.length
    const bypass = optional(given.bypass, (value) => boolean('bypass', value)) ?? false
    if (this.length >= MAX_EFFECTS) {
      const message = `the chain of track '${this.#node.track.name}' has ${MAX_EFFECTS} effects, and room for no more`
      throw new NoxrunError('ERR_LIMIT', message)
    }
    const id = host.newId()
    const { place, variant, values } = setup
    host.commands.send(Op.AddEffect, id, NOW, this.#node.id, index, place, bypass ? 1 : 0, variant, values)
    const chain = {
      has: (one: object) => this.#effects.some((effect) => effect === one),
      remove: (one: object) => { this.#remove(one, id) },
    }
    const effect = new ChainEffect(host, chain, id, kind, setup, bypass)
    this.#ids.set(effect, id)
    this.#update(this.#effects.toSpliced(index, 0, effect))
    return effect
  }

  move(effect: Effect, index: number): void {
    this.#host.ensureOpen()
    const id = this.#idOf(effect)
    const to = integer('index', index, 0, this.length - 1)
    const from = this.#effects.indexOf(effect)
    if (from === to) return
    this.#host.commands.send(Op.MoveEffect, id, NOW, to)
    this.#update(this.#effects.toSpliced(from, 1).toSpliced(to, 0, effect))
  }

  clear(): void {
    this.#host.ensureOpen()
    if (this.length === 0) return
    this.#host.commands.send(Op.ClearEffects, this.#node.id, NOW)
    this.#update([])
  }

  #remove(effect: object, id: number): void {
    this.#host.ensureOpen()
    this.#host.commands.send(Op.RemoveEffect, id, NOW)
    this.#update(this.#effects.filter((one) => one !== effect))
  }

  #idOf(effect: Effect): number {
    const id = typeof effect === 'object' && (effect as unknown) !== null ? this.#ids.get(effect) : undefined
    if (id === undefined) throw invalid('effect', effect, 'an effect of this chain')
    if (this.#effects.includes(effect)) return id
    throw new NoxrunError('ERR_INVALID_STATE', `effect must be one that is there: the ${effect.kind} was removed`)
  }

  #update(effects: readonly Effect[]): void {
    const before = this.#effects
    this.#effects = effects
    this.#host.commands.onAbort(() => (this.#effects = before))
  }
}
