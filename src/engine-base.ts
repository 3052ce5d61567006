/** What every engine offers, live or offline. */
import { EventEmitter } from 'node:events'
import { types } from 'node:util'
import type { EngineCore } from './engine-core'
import type { EngineEvents } from './engine-events'
import type { EngineStats } from './engine-stats'
import { offer } from './offer'
import type { RecordOptions, Recording } from './recording'
import type { LoadOptions, Sample, SampleSource } from './sample'
import type { Track, TrackOptions } from './track'
import type { Transport } from './transport'
import { invalid } from './validate'
import type { NoxrunWarning } from './warnings'
import { type When, toTime } from './when'

export class EngineBase extends EventEmitter<EngineEvents> {
  readonly #core: EngineCore

  /** Hz, for the engine's whole life. */
  readonly sampleRate: number
  /** Channels of every bus and of the output. */
  readonly channels: number
  /** What every track ends in. */
  readonly master: Track
  /** The musical clock that a `{ beat }` waits for. */
  readonly transport: Transport

  /** @internal */
  constructor(core: EngineCore) {
    super()
    this.#core = core
    this.sampleRate = core.sampleRate
    this.channels = core.channels
    this.master = core.mixer.master
    this.transport = core.transport
    core.serve(this)
  }

  /** Engine time in frames: the next frame to be rendered. Never goes back. */
  get currentFrame(): number {
    return this.#core.currentFrame
  }

  /** Engine time in seconds: `currentFrame / sampleRate`. */
  get currentTime(): number {
    return this.currentFrame / this.sampleRate
  }

  /** Frames by which effects that look ahead delay everything: event N leaves at N + graphLatency. */
  get graphLatency(): number {
    return this.#core.graphLatency
  }

  /** Every track but the master, in the order of their making, without removed ones. */
  get tracks(): readonly Track[] {
    return this.#core.mixer.tracks
  }

  /** Everything that was warned of since opening. */
  get warnings(): readonly NoxrunWarning[] {
    return this.#core.warnings
  }

  /**
   * Decodes a WAV or FLAC file whole into memory at the engine's rate, or copies PCM, off the audio and
   * JavaScript threads. PCM is copied before this returns.
   * @throws NoxrunError ERR_NOT_FOUND, ERR_ACCESS, ERR_IO, ERR_DECODE, ERR_INVALID_ARG, ERR_CLOSED
   */
  load(source: SampleSource, loadOptions?: LoadOptions): Promise<Sample> {
    return offer(() => this.#core.load(source, loadOptions))
  }

  /**
   * Makes a track.
   * @throws NoxrunError ERR_LIMIT (maxTracks), ERR_INVALID_ARG, ERR_OUT_OF_RANGE,
   *   ERR_INVALID_STATE (an output that was removed), ERR_CLOSED
   */
  createTrack(trackOptions?: TrackOptions): Track {
    return this.#core.mixer.create(trackOptions)
  }

  /**
   * Everything called inside `fn` takes effect at one engine frame: `at`, or the first of a block.
   * A command inside with an `at` of its own keeps it. When `fn` throws, nothing is applied; a
   * batch inside a batch joins it.
   * @throws what `fn` throws; NoxrunError ERR_QUEUE_FULL, ERR_CLOSED, ERR_INVALID_ARG
   */
  batch<T>(fn: () => T, at?: When): T {
    this.#core.ensureOpen()
    if (typeof (fn as unknown) !== 'function') throw invalid('fn', fn, 'a function')
    const time = toTime('at', at, this.sampleRate)
    return this.#core.commands.batch(() => {
      const result = fn()
      if (types.isPromise(result)) {
        // Its rejection belongs to nobody any more.
        result.catch(() => undefined)
        throw invalid('fn', fn, 'synchronous: a batch ends when it returns')
      }
      return result
    }, time)
  }

  /**
   * Records what the master plays, as `engine.master.record()` does.
   * @throws NoxrunError ERR_NOT_FOUND, ERR_ACCESS, ERR_IO, ERR_INVALID_ARG, ERR_CLOSED; an
   *   AbortError when the signal is aborted already, before a file is made
   */
  record(path: string, recordOptions?: RecordOptions): Promise<Recording> {
    return this.master.record(path, recordOptions)
  }

  /** Counters and load; the last ones once it is closed. */
  stats(): EngineStats {
    return this.#core.stats()
  }
}
