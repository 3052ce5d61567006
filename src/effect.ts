/** An effect in a track's chain. */
import * as binding from '#binding'
import type { EffectControls, EffectKind, EffectSetup } from './effect-kinds'
import { native } from './errors'
import type { Host } from './host'
import { Param, ParamKind, type Ref } from './param'
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

export class ChainEffect<K extends EffectKind> implements EffectOf<K> {
  readonly kind: K
  readonly params: EffectControls<K>
  /** No kind looks ahead. */
  readonly latency = 0
  readonly #host: Host
  readonly #track: number
  readonly #id: number
  #bypass: boolean

  constructor(
    host: Host,
    track: number,
    ref: Ref,
    kind: K,
    { specs, values }: EffectSetup,
    bypass: boolean,
  ) {
    this.kind = kind
    this.#track = track
    this.#id = ref.id
    this.#bypass = bypass
    this.#host = host
    const params = specs.map((spec, index): [string, Param] => {
      const value = values[index] ?? spec.default
      return [spec.name, new Param(host, { kind: ParamKind.Effect, of: ref, value, index, spec })]
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
    const { handle, commands, ensureOpen } = this.#host
    if (!native(() => binding.chain(handle, this.#track)).includes(this.#id)) return
    ensureOpen()
    commands.removeEffect(this.#id)
  }

  /** @internal Its id, if it was added to this track. */
  idIn(track: number): number | undefined {
    return track === this.#track ? this.#id : undefined
  }

  #send(on: boolean, at: Time): void {
    const { commands } = this.#host
    commands.bypass(this.#id, on, at)
    const before = this.#bypass
    this.#bypass = on
    commands.onAbort(() => (this.#bypass = before))
  }
}
