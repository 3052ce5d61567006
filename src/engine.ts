/** The playback engine. */
import * as binding from '#binding'
import { EventEmitter } from 'node:events'
import { types } from 'node:util'
import { throwIfAborted } from './abort'
import { Commands, Op } from './commands'
import { type DeviceInfo, toDeviceInfo } from './devices'
import { type EngineOptions, checkOptions } from './engine-options'
import { type EngineStats, toEngineStats } from './engine-stats'
import { NoxrunError, closed, fromNative, native, nativeAsync } from './errors'
import { enter, guarded } from './live'
import { DEFAULT_RAMP, type ParamHost, ParamKind, initialValue } from './param'
import {
  type LoadOptions,
  type Sample,
  type SampleSource,
  checkLoadOptions,
  checkSource,
  loadSample,
} from './sample'
import { openStream } from './stream-options'
import { type Meter, Track, type TrackHost, type TrackOptions } from './track'
import { invalid, optional, options, string } from './validate'
import { type EndReason, EngineVoice, type Voice } from './voice'
import { type NoxrunWarning, WarningLog } from './warnings'
import { type When, toFrame } from './when'

export type { EngineOptions } from './engine-options'
export type { AudioThreadStats, EngineStats } from './engine-stats'

export interface EngineEvents {
  warning: [NoxrunWarning]
  xrun: [{ frame: number; count: number }]
  device: [{ state: 'lost' | 'restored' | 'changed'; device: DeviceInfo }]
  ended: [Voice]
  error: [NoxrunError]
  close: []
}

/**
 * Plays and mixes tracks on a device.
 *
 * JavaScript captures intent only: a native thread keeps the state and feeds the audio callback,
 * so a blocked event loop never breaks the sound.
 */
export class Engine extends EventEmitter<EngineEvents> {
  readonly #native: binding.NativeEngine
  readonly #host: TrackHost
  readonly #commands: Commands
  readonly #voices = new Map<number, EngineVoice>()
  readonly #tracks: Track[] = []
  readonly #warnings: WarningLog
  readonly #aborts = new Set<AbortController>()
  readonly #maxTracks: number
  readonly #leave: () => void
  #nextVoice = 1
  #closing: Promise<void> | undefined
  #lastStats: EngineStats | undefined

  /** The device that was opened. */
  readonly device: DeviceInfo
  /** Hz, for the engine's whole life. */
  readonly sampleRate: number
  readonly channels: number
  /** Frames a callback, as granted. */
  readonly bufferSize: number
  /** What every track ends in. */
  readonly master: Track

  /**
   * Opens a device and starts the engine on it.
   * @throws NoxrunError ERR_NO_DEVICE (says what was tried), ERR_DEVICE_BUSY,
   *   ERR_UNSUPPORTED_CONFIG, ERR_BACKEND, ERR_INVALID_ARG, ERR_OUT_OF_RANGE
   */
  static async open(engineOptions?: EngineOptions): Promise<Engine> {
    const checked = checkOptions(engineOptions)
    const { opened, keepAlive } = await openStream(engineOptions, () => binding.openEngine(checked))
    return new Engine(opened, checked, keepAlive)
  }

  private constructor(
    engine: binding.NativeEngine,
    checked: binding.NativeEngineOptions,
    keepAlive: boolean,
  ) {
    super()
    this.#native = engine
    this.device = toDeviceInfo(engine.device)
    this.sampleRate = engine.sampleRate
    this.channels = checked.channels
    this.bufferSize = engine.bufferSize
    this.#maxTracks = checked.maxTracks
    this.#commands = new Commands(engine.handle)
    this.#host = this.#createHost()
    this.master = new Track(this.#host, this, 0, 'master', 1, 0)
    this.#leave = enter({ pump: () => { this.#pump() } }, keepAlive)
    engine.setBell(() => { this.#pump() })
    this.#warnings = new WarningLog(this, engine.openingWarnings, (id) => this.#trackName(id))
  }

  /** Engine time in frames: the next frame to be rendered. Never goes back. */
  get currentFrame(): number {
    return binding.currentFrame(this.#native.handle)
  }

  /** Engine time in seconds: `currentFrame / sampleRate`. */
  get currentTime(): number {
    return this.currentFrame / this.sampleRate
  }

  /** Seconds from the engine to the device's output, as they are now. */
  get outputLatency(): number {
    return this.#native.latency
  }

  /** Whether `outputLatency` is computed from the buffer size, because the backend does not tell. */
  get latencyIsEstimate(): boolean {
    return this.#native.latencyIsEstimate
  }

  /** Every track but the master, in the order of their making. */
  get tracks(): readonly Track[] {
    return [...this.#tracks]
  }

  /** Everything that was warned of since opening. */
  get warnings(): readonly NoxrunWarning[] {
    return this.#warnings.all
  }

  /**
   * Decodes a WAV file whole into memory at the engine's rate, or copies PCM, off the audio and
   * JavaScript threads. PCM is copied before this returns.
   * @throws NoxrunError ERR_NOT_FOUND, ERR_ACCESS, ERR_IO, ERR_DECODE, ERR_INVALID_ARG, ERR_CLOSED
   */
  async load(source: SampleSource, loadOptions?: LoadOptions): Promise<Sample> {
    this.#ensureOpen()
    const checked = checkSource(source)
    const { signal: outer, onProgress } = checkLoadOptions(loadOptions)
    throwIfAborted(outer)
    // Closing the engine ends loads that are under way.
    const onClose = new AbortController()
    this.#aborts.add(onClose)
    const either = outer ? AbortSignal.any([outer, onClose.signal]) : onClose.signal
    try {
      return await loadSample(checked, this.sampleRate, {
        signal: either,
        ...(onProgress && { onProgress }),
      })
    } catch (error) {
      if (onClose.signal.aborted && outer?.aborted !== true) throw closed('engine')
      throw error
    } finally {
      this.#aborts.delete(onClose)
    }
  }

  /**
   * Makes a track.
   * @throws NoxrunError ERR_LIMIT (maxTracks), ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_CLOSED
   */
  createTrack(trackOptions?: TrackOptions): Track {
    this.#ensureOpen()
    const given = options('createTrack', trackOptions, ['name', 'volume', 'pan'])
    const id = this.#tracks.length + 1
    const name = optional(given.name, (value) => string('name', value)) ?? `Track ${id}`
    const volume = initialValue(ParamKind.TrackVolume, given.volume)
    const pan = initialValue(ParamKind.TrackPan, given.pan)
    if (id > this.#maxTracks) {
      const message = `the engine has room for ${this.#maxTracks} tracks (maxTracks)`
      throw new NoxrunError('ERR_LIMIT', message)
    }
    this.#commands.send(Op.AddTrack, id, -1, volume, pan)
    let undone = false
    const host = {
      ...this.#host,
      ensureOpen: (): void => {
        this.#ensureOpen()
        // Its number belongs to the next track that is made.
        if (undone) throw new NoxrunError('ERR_INVALID_STATE', `track '${name}' was undone with its batch`)
      },
    }
    const track = new Track(host, this, id, name, volume, pan)
    this.#tracks.push(track)
    this.#commands.onAbort(() => {
      undone = true
      this.#tracks.splice(this.#tracks.indexOf(track), 1)
    })
    return track
  }

  /**
   * Everything called inside `fn` takes effect at one engine frame: `at`, or the first of a block.
   * A command inside with an `at` of its own keeps it. When `fn` throws, nothing is applied; a
   * batch inside a batch joins it.
   * @throws what `fn` throws; NoxrunError ERR_QUEUE_FULL, ERR_CLOSED, ERR_INVALID_ARG
   */
  batch<T>(fn: () => T, at?: When): T {
    this.#ensureOpen()
    if (typeof (fn as unknown) !== 'function') throw invalid('fn', fn, 'a function')
    const frame = toFrame('at', at, this.sampleRate)
    return this.#commands.batch(() => {
      const result = fn()
      if (types.isPromise(result)) {
        // Its rejection belongs to nobody any more.
        result.catch(() => undefined)
        throw invalid('fn', fn, 'synchronous: a batch ends when it returns')
      }
      return result
    }, frame)
  }

  stats(): EngineStats {
    if (this.#lastStats) return this.#lastStats
    return toEngineStats(this.#native.stats())
  }

  /** Stops engine time; nothing sounds until `resume()`. */
  async suspend(): Promise<void> {
    this.#ensureOpen()
    await nativeAsync(this.#native.suspend())
  }

  /** Lets engine time go on. */
  async resume(): Promise<void> {
    this.#ensureOpen()
    await nativeAsync(this.#native.resume())
  }

  /** Stops everything; voices end as 'closed'. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    for (const abort of this.#aborts) abort.abort()
    await nativeAsync(this.#native.close())
    this.#lastStats = this.#readFinalStats()
    this.#pump()
    this.#leave()
    this.#native.unsetBell()
    guarded(() => { this.emit('close') })
  }

  #readFinalStats(): EngineStats {
    this.#lastStats = undefined
    return this.stats()
  }

  #ensureOpen(): void {
    if (this.#closing) throw closed('engine')
  }

  #createHost(): TrackHost {
    const host: ParamHost = {
      commands: this.#commands,
      sampleRate: this.sampleRate,
      defaultRamp: Math.round(DEFAULT_RAMP * this.sampleRate),
      ensureOpen: () => { this.#ensureOpen() },
      paramCurrent: (kind: ParamKind, id: number) =>
        native(() => binding.paramCurrent(this.#native.handle, kind, id)),
    }
    return Object.assign(host, {
      newVoice: (gain: number): Voice => {
        const voice = new EngineVoice(host, this.#nextVoice++, gain)
        this.#voices.set(voice.id, voice)
        return voice
      },
      // A voice of a batch that came to nothing: it will never sound.
      dropVoice: (voice: Voice): void => {
        const frame = this.currentFrame
        this.#voices.get(voice.id)?.onEnded({ frame, reason: 'stopped' })
        this.#voices.delete(voice.id)
      },
      meter: (track: number): Meter => this.#native.meter(track),
    })
  }

  #trackName(id: number): string {
    return id === 0 ? this.master.name : (this.#tracks[id - 1]?.name ?? String(id))
  }

  #pump(): void {
    for (const report of this.#native.takeReports()) guarded(() => { this.#deliver(report) })
  }

  #deliver(report: binding.NativeReport): void {
    const { frame = 0, count = 0 } = report
    switch (report.kind) {
      case 'started':
        this.#voices.get(report.voice ?? 0)?.onStarted(frame)
        break
      case 'ended': {
        const voice = this.#voices.get(report.voice ?? 0)
        if (!voice) break
        this.#voices.delete(voice.id)
        voice.onEnded({ frame, reason: report.reason as EndReason })
        this.emit('ended', voice)
        break
      }
      case 'warning':
        if (report.warning) this.#warnings.add(report.warning)
        break
      case 'xrun':
        this.emit('xrun', { frame, count })
        break
      case 'device':
        if (report.device) {
          const state = report.state as EngineEvents['device'][0]['state']
          this.emit('device', { state, device: toDeviceInfo(report.device) })
        }
        break
      case 'failed':
        this.emit('error', fromNative(new Error(report.message)) as NoxrunError)
        void this.close()
        break
    }
  }
}
