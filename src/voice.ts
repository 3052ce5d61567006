/** A voice: one playing of a sample. */
import { Op } from './commands'
import { Param, type ParamHost, ParamKind } from './param'
import { options } from './validate'
import { type When, toFrame, toFrames } from './when'

export type EndReason = 'finished' | 'stopped' | 'stolen' | 'starved' | 'closed'

export interface VoiceEnd {
  /** The first silent frame, on the engine clock. */
  frame: number
  reason: EndReason
}

export interface StopOptions {
  /** When the fade begins; default: the first frame of the next block. */
  at?: When
  /** Seconds, default 0.01; 0 cuts at that frame. */
  fade?: number
}

export interface Voice {
  /** Unique within its engine. */
  readonly id: number
  /** Linear, 0…16, default 1. */
  readonly gain: Param
  /** Engine frame of its first sample; null: it ended before it sounded. Never rejects. */
  readonly startedAt: Promise<number | null>
  /** Settles when it is silent. Never rejects. */
  readonly ended: Promise<VoiceEnd>
  /** Fades out over 10 ms and keeps the position of the frame `at`. */
  pause(options?: { at?: When }): void
  /** Goes on from the frame at which the pause was asked for. */
  resume(options?: { at?: When }): void
  /** Fades out from `at` and ends. */
  stop(options?: StopOptions): void
}

export const DEFAULT_FADE = 0.01

export function checkStop(given: StopOptions | undefined, rate: number): [at: number, fade: number] {
  const { at, fade = DEFAULT_FADE } = options('stop', given, ['at', 'fade'])
  return [toFrame('at', at, rate), toFrames('fade', fade, rate)]
}

export class EngineVoice implements Voice {
  readonly id: number
  readonly gain: Param
  readonly startedAt: Promise<number | null>
  readonly ended: Promise<VoiceEnd>
  readonly #host: ParamHost
  #resolveStarted!: (frame: number | null) => void
  #resolveEnded!: (end: VoiceEnd) => void

  constructor(host: ParamHost, id: number, gain: number) {
    this.#host = host
    this.id = id
    this.gain = new Param(host, ParamKind.VoiceGain, id, gain)
    this.startedAt = new Promise((resolve) => {
      this.#resolveStarted = resolve
    })
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
  }

  pause(given?: { at?: When }): void {
    this.#send(Op.Pause, 'pause', given)
  }

  resume(given?: { at?: When }): void {
    this.#send(Op.Resume, 'resume', given)
  }

  stop(given?: StopOptions): void {
    this.#host.ensureOpen()
    const [at, fade] = checkStop(given, this.#host.sampleRate)
    this.#host.commands.send(Op.Stop, this.id, at, fade)
  }

  /** The engine's report of its first frame. */
  onStarted(frame: number): void {
    this.#resolveStarted(frame)
  }

  /** The engine's report of its end. */
  onEnded(end: VoiceEnd): void {
    this.#resolveStarted(null)
    this.#resolveEnded(end)
  }

  #send(op: Op, name: string, given: { at?: When } | undefined): void {
    this.#host.ensureOpen()
    const { at } = options(name, given, ['at'])
    this.#host.commands.send(op, this.id, toFrame('at', at, this.#host.sampleRate))
  }
}
