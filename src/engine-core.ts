/** What a live engine and an offline one have in common: the native engine and its reports. */
import * as binding from '#binding'
import type { EventEmitter } from 'node:events'
import { throwIfAborted } from './abort'
import { Commands } from './commands'
import { toDeviceInfo } from './devices'
import type { EngineEvents } from './engine-events'
import { type EngineStats, toEngineStats } from './engine-stats'
import { NoxrunError, closed, fromNative, nativeAsync } from './errors'
import type { Host } from './host'
import { Inputs } from './input'
import { enter, guarded } from './live'
import { Mixer } from './mixer'
import { offer } from './offer'
import { DEFAULT_RAMP } from './param'
import { type LoadOptions, type Sample, type SampleSource, checkLoadOptions, checkSource, loadSample } from './sample'
import { Taps } from './taps'
import { EngineTransport } from './transport'
import type { EndReason } from './voice'
import { Voices } from './voices'
import { type NoxrunWarning, WarningLog } from './warnings'

/** What the native engine does not tell. */
export interface EngineSetup {
  readonly channels: number
  /** Whether it keeps the process alive. */
  readonly keepAlive: boolean
  /** How long `close()` waits for the files of recordings, milliseconds; default: for ever. */
  readonly recordingWait?: number
}

export class EngineCore {
  readonly sampleRate: number
  readonly channels: number
  readonly commands: Commands
  readonly mixer: Mixer
  readonly transport: EngineTransport
  readonly #native: binding.NativeEngine
  readonly #setup: EngineSetup
  readonly #voices = new Voices()
  readonly #taps: Taps
  readonly #aborts = new Set<AbortController>()
  #emitter!: EventEmitter<EngineEvents>
  #warnings!: WarningLog
  #leave!: () => void
  #nextId = 1
  #isRendering = false
  #closing: Promise<void> | undefined
  #lastStats: EngineStats | undefined

  constructor(engine: binding.NativeEngine, setup: EngineSetup) {
    this.#native = engine
    this.#setup = setup
    this.sampleRate = engine.sampleRate
    this.channels = setup.channels
    this.commands = new Commands(engine.handle, (id) => this.mixer.nameOf(id))
    this.#taps = new Taps(engine, this.commands, this, (warning) => { this.#warnings.tell(warning) })
    const host: Host = {
      handle: engine.handle,
      commands: this.commands,
      voices: this.#voices,
      taps: this.#taps,
      inputs: new Inputs(engine, this.commands),
      sampleRate: this.sampleRate,
      channels: this.channels,
      defaultRamp: Math.round(DEFAULT_RAMP * this.sampleRate),
      newId: () => this.#nextId++,
      ensureOpen: () => { this.ensureOpen() },
    }
    this.mixer = new Mixer(host)
    this.transport = new EngineTransport(host)
  }

  /** Begins to emit what the engine reports; called once, by the engine that this is the core of. */
  serve(emitter: EventEmitter<EngineEvents>): void {
    this.#emitter = emitter
    this.#leave = enter({ pump: () => { this.#pump() } }, this.#setup.keepAlive)
    this.#native.setBell(() => { this.#pump() })
    this.#warnings = new WarningLog(emitter, this.#native.openingWarnings, (id) => this.mixer.nameOf(id))
  }

  get currentFrame(): number {
    return binding.currentFrame(this.#native.handle)
  }

  get graphLatency(): number {
    return binding.graphLatency(this.#native.handle)
  }

  get warnings(): readonly NoxrunWarning[] {
    return this.#warnings.all
  }

  stats(): EngineStats {
    return this.#lastStats ?? toEngineStats(this.#native.stats())
  }

  ensureOpen(): void {
    if (this.#closing) throw closed('engine')
    if (this.#isRendering) {
      throw new NoxrunError('ERR_INVALID_STATE', 'the engine renders: what `build` called is all that it plays')
    }
  }

  /** Takes no calls any more: it renders. */
  seal(): void {
    this.#isRendering = true
  }

  async load(source: SampleSource, loadOptions: LoadOptions | undefined): Promise<Sample> {
    this.ensureOpen()
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

  close(): Promise<void> {
    this.#closing ??= offer(() => this.#close())
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const abort of this.#aborts) abort.abort()
    // From here on the readers of tracks have everything, their ends included.
    await nativeAsync(this.#native.close())
    await this.#taps.complete(this.#setup.recordingWait)
    this.#lastStats = undefined
    this.#lastStats = this.stats()
    this.#pump()
    this.#taps.wake()
    this.#leave()
    this.#native.unsetBell()
    guarded(() => { this.#emitter.emit('close') })
  }

  #pump(): void {
    for (const report of this.#native.takeReports()) guarded(() => { this.#deliver(report) })
  }

  #deliver(report: binding.NativeReport): void {
    const { id = 0, voice = 0, frame = 0, count = 0 } = report
    switch (report.kind) {
      case 'started':
        this.#voices.onStarted(voice, frame)
        break
      case 'ended': {
        const ended = this.#voices.onEnded(voice, { frame, reason: report.reason as EndReason })
        if (ended) this.#emitter.emit('ended', ended)
        break
      }
      case 'marker': {
        const name = this.transport.takeMarker(id)
        // Without a frame the transport was sought past it.
        if (name !== undefined && report.frame !== undefined) this.#emitter.emit('marker', { name, frame })
        break
      }
      case 'readable':
        this.#taps.wake()
        break
      case 'warning':
        if (report.warning) this.#warnings.add(report.warning)
        break
      case 'xrun':
        this.#emitter.emit('xrun', { frame, count })
        break
      case 'device':
        if (report.device) {
          const state = report.state as EngineEvents['device'][0]['state']
          this.#emitter.emit('device', { state, device: toDeviceInfo(report.device) })
        }
        break
      case 'failed':
        this.#emitter.emit('error', fromNative(new Error(report.message)) as NoxrunError)
        void this.close()
        break
    }
  }
}
