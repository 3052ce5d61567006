/** What is taken of tracks after their faders: streams and recordings. */
import type { NativeChunk, NativeEngine, NativeReader, NativeReaderStats, NativeTap } from '#binding'
import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from './abort'
import type { Commands } from './commands'
import { NoxrunError, native } from './errors'
import { offer } from './offer'
import { PcmReadable, type ReadableOptions, checkReadable } from './pcm-stream'
import { ReaderEnd, type ReaderHome, type ReaderSource } from './reader'
import { type RecordOptions, type RecordPlan, Recording, checkRecord, completeAll, failedWarning } from './recording'
import type { NoxrunWarning } from './warnings'

/** Seconds of a chunk on its way to a stream. */
const CHUNK = 0.02

export class Taps {
  readonly #native: NativeEngine
  readonly #commands: Commands
  readonly #home: ReaderHome
  /** Held so that a recording that nobody else holds goes on. */
  readonly #recordings = new Set<Recording>()
  readonly #warn: (warning: NoxrunWarning) => void

  constructor(
    engine: NativeEngine,
    commands: Commands,
    { sampleRate, channels }: { sampleRate: number; channels: number },
    warn: (warning: NoxrunWarning) => void,
  ) {
    this.#warn = warn
    this.#native = engine
    this.#commands = commands
    this.#home = { channels, sampleRate, waiting: new Set() }
  }

  /** A stream of a track's sound from now on; in a batch, once that was accepted. */
  readable(track: number, readableOptions: ReadableOptions | undefined): PcmReadable {
    const checked = checkReadable(readableOptions)
    const source = new TapReader()
    const attach = (): ReaderSource => {
      this.#commands.afterwards(() => {
        const frames = Math.max(1, Math.round(CHUNK * this.#home.sampleRate))
        source.open(native(() => this.#native.openTap(track)), frames)
        this.wake()
      }, (error) => stream.destroy(error as Error))
      this.#commands.onAbort(() => stream.destroy())
      return source
    }
    const stream = new PcmReadable(new ReaderEnd(attach, this.#home, checked.signal), checked)
    return stream
  }

  /**
   * Records a track's sound from now on; in a batch, once that was accepted.
   * @param ensureOpen Throws when the track may not be used any more.
   */
  record(ensureOpen: () => void, track: number, path: string, given: RecordOptions | undefined): Promise<Recording> {
    return offer(() => new Promise((resolve, reject) => {
      ensureOpen()
      const plan = checkRecord(path, given)
      throwIfAborted(plan.abort)
      this.#commands.afterwards(() => {
        const tap = native(() => this.#native.openTap(track))
        const recording = new Recording(recordTap(tap, plan), plan, (end) => {
          this.#recordings.delete(recording)
          tap.close()
          if (end.error) this.#warn(failedWarning(end.path, end.error))
        })
        this.#recordings.add(recording)
        resolve(recording)
      }, reject)
      this.#commands.onAbort(() => {
        reject(new NoxrunError('ERR_INVALID_STATE', `the recording of ${path} was undone with its batch`))
      })
    }))
  }

  /** Data may have come. */
  wake(): void {
    for (const reader of [...this.#home.waiting]) reader.wake()
  }

  /** Completes the files of all recordings; resolves after `wait` ms at the latest. */
  async complete(wait: number | undefined): Promise<void> {
    if (this.#recordings.size === 0) return
    const complete = completeAll(this.#recordings)
    await (wait === undefined ? complete : Promise.race([complete, sleep(wait, undefined, { ref: false })]))
  }
}

function recordTap(tap: NativeTap, { native: spec }: RecordPlan): ReturnType<NativeTap['record']> {
  try {
    return native(() => tap.record(spec))
  } catch (error) {
    tap.close()
    throw error
  }
}

/** The reader of a tap that is opened later; until then it has nothing. */
class TapReader implements ReaderSource {
  #tap: NativeTap | undefined
  #reader: NativeReader | undefined
  #isDetached = false

  open(tap: NativeTap, frames: number): void {
    if (this.#isDetached) {
      tap.close()
      return
    }
    this.#tap = tap
    this.#reader = tap.reader(frames)
  }

  take(): NativeChunk | null | undefined {
    return this.#reader ? this.#reader.take() : null
  }

  stats(): NativeReaderStats {
    return this.#reader?.stats() ?? { received: 0, delivered: 0, dropped: 0, buffered: 0 }
  }

  detach(): void {
    this.#isDetached = true
    this.#reader?.detach()
    this.#tap?.close()
  }
}
