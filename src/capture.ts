/** Capture: a device's input, delivered without losing a sample unnoticed. */
import * as binding from '#binding'
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from './abort'
import { type CaptureOptions, checkOptions } from './capture-options'
import { type DeviceInfo, toDeviceInfo } from './devices'
import type { EngineEvents } from './engine-events'
import type { AudioThreadStats, EngineStats } from './engine-stats'
import { type NoxrunError, closed, fromNative, native, nativeAsync } from './errors'
import { enter, guarded } from './live'
import { liveSources } from './live-sources'
import type { Meter } from './meter'
import { offer } from './offer'
import { PcmReadable, type ReadableOptions, checkReadable } from './pcm-stream'
import { type Chunk, type ChunkIterator, ReaderEnd, type ReaderHome, type ReaderStats, iterate } from './reader'
import { type RecordOptions, Recording, checkRecord, completeAll, failedWarning } from './recording'
import { openStream } from './stream-options'
import { options, signal } from './validate'
import { type NoxrunWarning, WarningLog } from './warnings'

export type { CaptureOptions } from './capture-options'

/** Counters since opening. Samples, unless said otherwise. */
export interface CaptureStats {
  /** Calls of the input callback. */
  callbacks: number
  /** Samples that came out of the resampler. */
  captured: number
  /** Samples out of the ring. `captured === delivered + dropped + buffered` at every moment. */
  delivered: number
  /** Samples that the ring refused. */
  dropped: number
  /** Samples that wait in the ring. */
  buffered: number
  /**
   * Dropouts that the backend reports; where it reports none, gaps of over two periods between the
   * starts of callbacks. Each is counted once.
   */
  xruns: number
  /** Callback time / its deadline. */
  load: EngineStats['load']
  /** Most samples that the ring held. */
  highWater: number
  /** Frames that never reached us, by the clock, outside the equation. */
  lostByDevice: number
  /** The accounts of the readers there are. */
  readers: ReaderStats[]
  /** Inside the callbacks since opening; must stay 0. */
  audioThread: AudioThreadStats
}

/** The events of a capture: what its listeners are called with. */
export interface CaptureEvents {
  /**
   * What the ring, or the queue of a reader, refused: at most ten a second, summed. What two readers
   * lost counts twice.
   */
  dropped: [{
    /** How many. */
    samples: number
    /** Index of the first frame that is missing. */
    frame: number
  }]
  /** Trouble that did not stop anything; without a listener it goes to `process.emitWarning`. */
  warning: [NoxrunWarning]
  /** As of an engine. */
  device: EngineEvents['device']
  /** A terminal failure, once; 'close' follows. */
  error: [NoxrunError]
  /** The capture is closed. The last event. */
  close: []
}

/** How often later losses are warned of, and how long a closing capture waits for its files. */
const DROP_WARNING_MS = 1000
const RECORDING_WAIT_MS = 2000

/**
 * Captures a device's input. Each iterator, stream and recording is a reader of its own from the
 * moment it is made; data waits natively until it is asked for, and what could not wait is counted
 * to the sample. Its events are {@link CaptureEvents}.
 */
export class Capture extends EventEmitter<CaptureEvents> implements AsyncIterable<Chunk> {
  readonly #native: binding.NativeCapture
  readonly #home: ReaderHome
  /** Held so that a recording that nobody else holds goes on. */
  readonly #recordings = new Set<Recording>()
  readonly #warnings: WarningLog
  readonly #leave: () => void
  #closing: Promise<CaptureStats> | undefined
  #droppedUntold = 0
  #dropTimer: NodeJS.Timeout | undefined

  /** What it captures from. */
  readonly device: DeviceInfo
  /** Delivered rate, Hz. */
  readonly sampleRate: number
  /** Delivered channels. */
  readonly channels: number
  /** Frames a callback, as granted. */
  readonly bufferSize: number

  /**
   * Opens a device and starts capturing.
   * @throws NoxrunError ERR_NO_DEVICE (says what was tried), ERR_DEVICE_BUSY,
   *   ERR_UNSUPPORTED_CONFIG, ERR_BACKEND, ERR_INVALID_ARG, ERR_OUT_OF_RANGE
   */
  static open(captureOptions?: CaptureOptions): Promise<Capture> {
    return offer(async () => {
      const checked = checkOptions(captureOptions)
      const { opened, keepAlive } = await openStream(captureOptions, () => native(() => binding.openCapture(checked)))
      return new Capture(opened, keepAlive)
    })
  }

  private constructor(capture: binding.NativeCapture, keepAlive: boolean) {
    super()
    this.#native = capture
    this.device = toDeviceInfo(capture.device)
    this.sampleRate = capture.sampleRate
    this.channels = capture.channels
    this.bufferSize = capture.bufferSize
    this.#home = { channels: this.channels, sampleRate: this.sampleRate, waiting: new Set() }
    this.#leave = enter({ pump: () => { this.#pump() } }, keepAlive)
    capture.setBell(() => { this.#pump() })
    this.#warnings = new WarningLog(this, capture.openingWarnings)
    liveSources.set(this, { native: capture, ensureOpen: () => { this.#ensureOpen() } })
  }

  /** Seconds from the device's input to the ring, the resampler's delay included, as they are now. */
  get latency(): number {
    return this.#native.latency
  }

  /** Everything that was warned of since opening. */
  get warnings(): readonly NoxrunWarning[] {
    return this.#warnings.all
  }

  /** A reader from now on; ends after `close()`, once everything captured was delivered. */
  [Symbol.asyncIterator](): AsyncIterator<Chunk> {
    return this.chunks()
  }

  /**
   * A reader from now on, with its account.
   * @throws NoxrunError ERR_CLOSED, ERR_INVALID_ARG
   */
  chunks(chunkOptions?: { signal?: AbortSignal }): ChunkIterator {
    const given = options('chunks', chunkOptions, ['signal'])
    return iterate(this.#reader('chunks', signal(given.signal)))
  }

  /**
   * A stream of interleaved PCM, with its account.
   * @throws NoxrunError ERR_CLOSED, ERR_INVALID_ARG, ERR_OUT_OF_RANGE
   */
  readable(readableOptions?: ReadableOptions): PcmReadable {
    const checked = checkReadable(readableOptions)
    return new PcmReadable(this.#reader('stream', checked.signal), checked)
  }

  /**
   * Records to a .wav or .flac file from now on, off the JavaScript thread; with `rotate` to several,
   * one after another. Each is valid at every moment, even if the process is killed.
   * @throws NoxrunError ERR_NOT_FOUND, ERR_ACCESS, ERR_IO, ERR_CLOSED, ERR_INVALID_ARG,
   *   ERR_OUT_OF_RANGE; an AbortError when the signal is aborted already, before a file is made
   */
  record(path: string, recordOptions?: RecordOptions): Promise<Recording> {
    // eslint-disable-next-line @typescript-eslint/require-await -- errors reject, as the contract says
    return offer(async () => {
      this.#ensureOpen()
      const plan = checkRecord(path, recordOptions)
      throwIfAborted(plan.abort)
      const started = native(() => this.#native.record(plan.native))
      const recording = new Recording(started, plan, (end) => {
        this.#recordings.delete(recording)
        if (end.error) this.#warnings.tell(failedWarning(end.path, end.error))
      })
      this.#recordings.add(recording)
      return recording
    })
  }

  /** Levels over the last 100 ms; reading changes nothing. */
  meter(): Meter {
    this.#ensureOpen()
    return this.#native.meter()
  }

  /**
   * Captures nothing until `resume()`; frame numbers follow time. With `preRoll` the newest frames are
   * kept meanwhile.
   */
  pause(): void {
    this.#ensureOpen()
    this.#native.pause()
  }

  /** Captures again: what `preRoll` kept first, on its true frames, then what comes. */
  resume(): void {
    this.#ensureOpen()
    this.#native.resume()
  }

  /** Counters since opening; after `close()` the last ones. */
  stats(): CaptureStats {
    const { audioThread, load, ...counters } = this.#native.stats()
    const [mean = 0, p50 = 0, p99 = 0, max = 0] = load
    return { ...counters, load: { mean, p50, p99, max }, audioThread: { ...audioThread, blocked: audioThread.blocked ?? null } }
  }

  /**
   * Stops capturing. Resolves when everything was handed to the readers, which may read on to the
   * end, and the files of recordings are complete (a disk that takes longer than 2 s is left to
   * finish by itself; `Recording.stop()` waits for it). May be called again.
   */
  close(): Promise<CaptureStats> {
    this.#closing ??= offer(() => this.#close())
    return this.#closing
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return offer(async () => { await this.close() })
  }

  async #close(): Promise<CaptureStats> {
    await nativeAsync(this.#native.close())
    await this.#completeRecordings()
    this.#pump()
    this.#tellDropped()
    this.#leave()
    this.#native.unsetBell()
    const stats = this.stats()
    guarded(() => this.emit('close'))
    return stats
  }

  #ensureOpen(): void {
    if (this.#closing) throw closed('capture')
  }

  /** `stream`: without the overlap that chunks may have. */
  #reader(of: 'chunks' | 'stream', abort: AbortSignal | undefined): ReaderEnd {
    this.#ensureOpen()
    return new ReaderEnd(() => native(() => this.#native.reader(of === 'chunks')), this.#home, abort)
  }

  async #completeRecordings(): Promise<void> {
    if (this.#recordings.size === 0) return
    const timeout = sleep(RECORDING_WAIT_MS, undefined, { ref: false })
    await Promise.race([completeAll(this.#recordings), timeout])
  }

  #pump(): void {
    for (const report of this.#native.takeReports()) guarded(() => { this.#deliver(report) })
  }

  #deliver(report: binding.NativeReport): void {
    const { frame = 0, count = 0 } = report
    switch (report.kind) {
      case 'readable':
        this.#wakeReaders()
        break
      case 'dropped':
        this.emit('dropped', { samples: count, frame })
        this.#droppedUntold += count
        // The first loss is told at once, later ones once a second.
        if (this.#dropTimer === undefined) this.#tellDropped()
        break
      case 'warning':
        if (report.warning) this.#warnings.add(report.warning)
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

  #wakeReaders(): void {
    for (const reader of [...this.#home.waiting]) reader.wake()
  }

  #tellDropped(): void {
    clearTimeout(this.#dropTimer)
    this.#dropTimer = undefined
    if (this.#droppedUntold === 0) return
    this.#warnings.add({ code: 'DROPPED_SAMPLES', count: this.#droppedUntold })
    this.#droppedUntold = 0
    if (this.#closing) return
    this.#dropTimer = setTimeout(() => { this.#tellDropped() }, DROP_WARNING_MS)
    this.#dropTimer.unref()
  }
}
