/** A voice: one playing of a sample. */
import * as binding from '#binding'
import { native } from './errors'
import type { Host } from './host'
import { Param, ParamKind } from './param'
import type { Start } from './play-options'
import { number, options } from './validate'
import { NOW, type Time, type When, toFrames, toTime } from './when'

/**
 * Why a voice fell silent: it came to its end, was stopped, gave its place to another (`maxVoices`),
 * the disk was too slow, or the engine was closed.
 */
export type EndReason = 'finished' | 'stopped' | 'stolen' | 'starved' | 'closed'

/** When and why a voice fell silent. */
export interface VoiceEnd {
  /** The first silent frame, on the engine clock. */
  frame: number
  /** Why. */
  reason: EndReason
}

/** How a voice, or all of a track's, is stopped. */
export interface StopOptions {
  /** When the fade begins; default: the first frame of the next block. */
  at?: When
  /** Seconds, default 0.01; 0 cuts at that frame. */
  fade?: number
}

/** One playing of a sample: `track.play` makes it. Once it has ended, what is asked of it does nothing. */
export interface Voice {
  /** Unique within its engine. */
  readonly id: number
  /** Linear, 0…16, default 1. */
  readonly gain: Param
  /** Playback speed, 0.0625…16, default 1. */
  readonly rate: Param
  /** Engine frame of its first sample; null: it ended before it sounded. Never rejects. */
  readonly startedAt: Promise<number | null>
  /** Settles when it is silent. Never rejects. */
  readonly ended: Promise<VoiceEnd>
  /**
   * Seconds within the sample, extrapolated. While it waits, where it will begin; after its end,
   * the last that is known.
   */
  readonly position: number
  /** Fades out over 10 ms and keeps the position of the frame `at`. */
  pause(options?: { at?: When }): void
  /** Goes on from the frame at which the pause was asked for. */
  resume(options?: { at?: When }): void
  /**
   * Goes on from another place of its sample, seconds from 0 to the sample's duration, crossfading
   * over 10 ms.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_QUEUE_FULL, ERR_CLOSED
   */
  seek(position: number, options?: { at?: When }): void
  /** Fades out from `at` and ends. */
  stop(options?: StopOptions): void
}

const DEFAULT_FADE = 0.01

export function checkStop(given: StopOptions | undefined, rate: number): [at: Time, fade: number] {
  const { at, fade = DEFAULT_FADE } = options('stop', given, ['at', 'fade'])
  return [toTime('at', at, rate), toFrames('fade', fade, rate)]
}

export class EngineVoice implements Voice {
  readonly id: number
  readonly startedAt: Promise<number | null>
  readonly ended: Promise<VoiceEnd>
  readonly #host: Host
  /** Seconds of its sample. */
  readonly #duration: number
  readonly #endsWithSample: boolean
  #position: number
  readonly #ref: { id: number; key: number }
  readonly #startGain: number
  readonly #startRate: number
  #gain: Param | undefined
  #rate: Param | undefined
  #isOver = false
  #resolveStarted!: (frame: number | null) => void
  #resolveEnded!: (end: VoiceEnd) => void

  constructor(host: Host, id: number, start: Start) {
    this.#host = host
    this.id = id
    this.#duration = start.sample.duration
    this.#endsWithSample = start.endsWithSample
    this.#position = start.offset / host.sampleRate
    this.#ref = { id, key: 0 }
    this.#startGain = start.gain
    this.#startRate = start.rate
    this.startedAt = new Promise((resolve) => {
      this.#resolveStarted = resolve
    })
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
  }

  // Made when they are asked for: most voices are only played.
  get gain(): Param {
    this.#gain ??= new Param(this.#host, { kind: ParamKind.VoiceGain, of: this.#ref, value: this.#startGain })
    return this.#gain
  }

  get rate(): Param {
    this.#rate ??= new Param(this.#host, { kind: ParamKind.VoiceRate, of: this.#ref, value: this.#startRate })
    return this.#rate
  }

  get position(): number {
    if (!this.#isOver) {
      const frames = native(() => binding.voicePosition(this.#host.handle, this.#ref.key))
      if (frames !== null) this.#position = frames / this.#host.sampleRate
    }
    return this.#position
  }

  pause(given?: { at?: When }): void {
    this.#host.ensureOpen()
    this.#host.commands.pause(this.id, this.#time('pause', given))
  }

  resume(given?: { at?: When }): void {
    this.#host.ensureOpen()
    this.#host.commands.resume(this.id, this.#time('resume', given))
  }

  seek(position: number, given?: { at?: When }): void {
    this.#host.ensureOpen()
    const seconds = number('position', position, 0, this.#duration)
    const at = this.#time('seek', given)
    this.#host.commands.seekVoice(this.id, Math.round(seconds * this.#host.sampleRate), at)
    // One that waits will begin there.
    if (at === NOW) this.#position = seconds
  }

  stop(given?: StopOptions): void {
    this.#host.ensureOpen()
    const [at, fade] = checkStop(given, this.#host.sampleRate)
    this.#host.commands.stop(this.id, fade, at)
  }

  /** The engine has taken it in: the key by which it is read. */
  enter(key: number): void {
    this.#ref.key = key
  }

  /** The engine's report of its first frame. */
  onStarted(frame: number): void {
    this.#resolveStarted(frame)
  }

  /** The engine's report of its end. */
  onEnded(end: VoiceEnd): void {
    if (end.reason === 'finished' && this.#endsWithSample) this.#position = this.#duration
    this.#isOver = true
    this.#resolveStarted(null)
    this.#resolveEnded(end)
  }

  #time(name: string, given: { at?: When } | undefined): Time {
    const { at } = options(name, given, ['at'])
    return toTime('at', at, this.#host.sampleRate)
  }
}
