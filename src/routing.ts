/** Who feeds whom: outputs and sends. */
import { Op } from './commands'
import { NoxrunError } from './errors'
import { type Host, guard } from './host'
import { Param, ParamKind } from './param'
import type { Track } from './track'
import { NOW } from './when'

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

/** A track among its engine's. */
export class TrackNode {
  readonly id: number
  /** The track itself. */
  track!: Track
  /** What it feeds; undefined for the master. */
  output: TrackNode | undefined
  /** What else it feeds. */
  readonly sends = new Map<Send, TrackNode>()
  /** What happened to it, when it may not be used any more. */
  gone: string | undefined

  constructor(id: number, output: TrackNode | undefined) {
    this.id = id
    this.output = output
  }

  /** Whether its sound comes to `target`. */
  feeds(target: TrackNode): boolean {
    // A set that grows is walked to its end.
    const reached = new Set<TrackNode>([this])
    for (const node of reached) {
      if (node === target) return true
      if (node.output) reached.add(node.output)
      for (const to of node.sends.values()) reached.add(to)
    }
    return false
  }
}

export class TrackSend implements Send {
  readonly gain: Param
  readonly #host: Host
  readonly #from: TrackNode
  readonly #id: number

  /** @param host That of the track that feeds. */
  constructor(host: Host, from: TrackNode, id: number, gain: number) {
    this.#host = host
    this.#from = from
    this.#id = id
    const check = (): void => {
      if (!from.sends.has(this)) throw new NoxrunError('ERR_INVALID_STATE', 'the send was removed')
    }
    this.gain = new Param(guard(host, check), ParamKind.SendGain, id, gain)
  }

  remove(): void {
    const { sends } = this.#from
    const to = sends.get(this)
    if (to === undefined) return
    this.#host.ensureOpen()
    this.#host.commands.send(Op.RemoveSend, this.#id, NOW)
    sends.delete(this)
    this.#host.commands.onAbort(() => sends.set(this, to))
  }
}
