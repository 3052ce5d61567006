/** Sends: what a track feeds besides its output. */
import * as binding from '#binding'
import { native } from './errors'
import type { Host } from './host'
import { Param, ParamKind } from './param'

/** A way from one track to another, after the fader. */
export interface Send {
  /** Linear, 0…4, default 1. */
  readonly gain: Param
  /**
   * Fades it out over 10 ms and ends it; calling it again does nothing.
   * @throws NoxrunError ERR_QUEUE_FULL (maxEvents), ERR_CLOSED
   */
  remove(): void
}

export class TrackSend implements Send {
  readonly gain: Param
  readonly #host: Host
  readonly #id: number

  constructor(host: Host, id: number, key: number, gain: number) {
    this.#host = host
    this.#id = id
    this.gain = new Param(host, { kind: ParamKind.SendGain, of: { id, key }, value: gain })
  }

  remove(): void {
    const { handle, commands, ensureOpen } = this.#host
    if (!native(() => binding.hasSend(handle, this.#id))) return
    ensureOpen()
    commands.removeSend(this.#id)
  }
}
