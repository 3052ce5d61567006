/** An effect in a track's chain. */
import { Op } from './commands'
import type { EffectControls, EffectKind, EffectSetup } from './effect-kinds'
import { NoxrunError } from './errors'
import { type Host, guard } from './host'
import { Param, ParamKind } from './param'
import { boolean, options } from './validate'
import { NOW, type Time, type When, toTime } from './when'

/** An effect of kind K; without K, of any kind, with its parameters by name. */
export type Effect<K extends EffectKind = EffectKind> = EffectKind extends K ? AnyEffect : EffectOf<K>

/** An effect in a track's chain, whatever its kind. */
export interface AnyEffect {
  /** What it is. */
  readonly kind: EffectKind
  /** Its numeric parameters by their names. */
  readonly params: Readonly<Record<string, Param>>
  /** Takes it out of the sound and back, crossfaded over 10 ms; the last value set. */
  bypass: boolean
  /**
   * The same, at a time.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE, ERR_CLOSED; with `at`
   *   ERR_QUEUE_FULL
   */
  setBypass(on: boolean, options?: { at?: When }): void
  /** Seconds by which it delays; compensated across tracks. */
  readonly latency: number
  /**
   * Fades it out over 10 ms and takes it out of its chain; calling it again does nothing.
   * @throws NoxrunError ERR_QUEUE_FULL (maxEvents), ERR_CLOSED
   */
  remove(): void
}

/** An effect whose kind is known, with the parameters of that kind. */
export interface EffectOf<K extends EffectKind> extends AnyEffect {
  /** What it is. */
  readonly kind: K
  /** Its numeric parameters. */
  readonly params: EffectControls<K>
}

/** What an effect asks of its chain. */
export interface Chain {
  has(effect: object): boolean
  remove(effect: object): void
}

export class ChainEffect<K extends EffectKind> implements EffectOf<K> {
  readonly kind: K
  readonly params: EffectControls<K>
  /** No kind looks ahead. */
  readonly latency = 0
  readonly #host: Host
  readonly #chain: Chain
  readonly #id: number
  #bypass: boolean

  /** @param host That of the track. */
  constructor(host: Host, chain: Chain, id: number, kind: K, { specs, values }: EffectSetup, bypass: boolean) {
    this.kind = kind
    this.#chain = chain
    this.#id = id
    this.#bypass = bypass
    this.#host = guard(host, () => {
      if (!chain.has(this)) throw new NoxrunError('ERR_INVALID_STATE', `the ${kind} was removed from its chain`)
    })
    const params = specs.map((spec, i): [string, Param] => {
      return [spec.name, new Param(this.#host, ParamKind.Effect, id, values[i] ?? spec.default, i, spec)]
    })
    this.params = Object.freeze(Object.fromEntries(params)) as EffectControls<K>
  }

  get bypass(): boolean {
    return this.#bypass
  }

  set bypass(on: boolean) {
    this.#host.ensureOpen()
    this.#send(boolean('bypass', on), NOW)
  }

  setBypass(on: boolean, given?: { at?: When }): void {
    this.#host.ensureOpen()
    const checked = boolean('on', on)
    const { at } = options('setBypass', given, ['at'])
    this.#send(checked, toTime('at', at, this.#host.sampleRate))
  }

  remove(): void {
    if (this.#chain.has(this)) this.#chain.remove(this)
  }

  #send(on: boolean, at: Time): void {
    const { commands } = this.#host
    commands.send(Op.Bypass, this.#id, at, on ? 1 : 0)
    const before = this.#bypass
    this.#bypass = on
    commands.onAbort(() => (this.#bypass = before))
  }
}
