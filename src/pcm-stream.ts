/** A capture or a track as a Node stream of interleaved PCM, whole frames a push. */
import { Readable, addAbortSignal } from 'node:stream'
import type { Chunk, ReaderEnd, ReaderStats } from './reader'
import { choice, integer, options, signal } from './validate'

/** How a capture or a track is read as a stream. */
export interface ReadableOptions {
  /** 32-bit float or 16-bit integer, little-endian; default 'f32'. */
  format?: 'f32' | 's16'
  /** Bytes, as Node's. */
  highWaterMark?: number
  /** What stands where samples were lost: as much silence (default), or nothing. */
  gaps?: 'silence' | 'splice'
  /** Aborting it destroys the stream with an AbortError. */
  signal?: AbortSignal
}

/** @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE */
export function checkReadable(readableOptions: ReadableOptions | undefined): ReadableOptions {
  const given = options('readable', readableOptions, ['format', 'highWaterMark', 'gaps', 'signal'])
  const checked: ReadableOptions = {
    format: choice('format', given.format, ['f32', 's16']),
    gaps: choice('gaps', given.gaps, ['silence', 'splice']),
  }
  if (given.highWaterMark !== undefined) {
    checked.highWaterMark = integer('highWaterMark', given.highWaterMark, 0, 2 ** 31)
  }
  const abort = signal(given.signal)
  if (abort) checked.signal = abort
  return checked
}

/** Frames of silence in one push at most. */
const SILENCE = 4096

/** A Node stream of interleaved PCM, whole frames a push. Destroying it detaches its reader, nothing else. */
export class PcmReadable extends Readable {
  readonly #reader: ReaderEnd
  readonly #format: 'f32' | 's16'
  readonly #splice: boolean
  /** Index of the frame after the newest chunk. */
  #next: number | undefined
  /** The chunk to be pushed next, and the frames of silence that are due before it. */
  #chunk: Chunk | undefined
  #silence = 0
  #reading = false

  /** @internal */
  constructor(reader: ReaderEnd, { format, highWaterMark, gaps, signal }: ReadableOptions) {
    super({ ...(highWaterMark !== undefined && { highWaterMark }) })
    this.#reader = reader
    this.#format = format ?? 'f32'
    this.#splice = gaps === 'splice'
    // Not an option of the base class: aborted already, it would destroy what is half made.
    if (signal) addAbortSignal(signal, this)
  }

  /** The account of this reader. */
  stats(): ReaderStats {
    return this.#reader.stats()
  }

  /** @internal */
  override _read(): void {
    if (this.#reading) return
    this.#reading = true
    void this.#fill()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#reader.detach()
    callback(error)
  }

  async #fill(): Promise<void> {
    try {
      do {
        this.#chunk ??= await this.#take()
        if (this.destroyed) return
        if (!this.#chunk) {
          this.push(null)
          return
        }
      } while (this.#pushPart(this.#chunk))
    } catch (error) {
      this.destroy(error as Error)
    } finally {
      this.#reading = false
    }
  }

  /** The next chunk, with the silence that is due before it. */
  async #take(): Promise<Chunk | undefined> {
    const chunk = await this.#reader.next()
    if (chunk) {
      // What was lost before the first chunk is this reader's loss too.
      const expected = this.#next ?? chunk.frame - chunk.droppedBefore / chunk.channels
      this.#silence = this.#splice ? 0 : chunk.frame - expected
      this.#next = chunk.frame + chunk.frames
    }
    return chunk
  }

  /**
   * Pushes a part of what is due; `false`: the stream wants no more for now. A pause may have taken
   * hours, so its silence obeys back-pressure like everything else.
   */
  #pushPart(chunk: Chunk): boolean {
    if (this.#silence > 0) {
      const frames = Math.min(this.#silence, SILENCE)
      this.#silence -= frames
      return this.push(this.#encode(new Float32Array(frames * chunk.channels)))
    }
    this.#chunk = undefined
    return chunk.frames === 0 || this.push(this.#encode(chunk.samples))
  }

  #encode(samples: Float32Array): Buffer {
    if (this.#format === 'f32') {
      return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
    }
    const integers = new Int16Array(samples.length)
    for (let i = 0; i < samples.length; i++) integers[i] = toS16(samples[i] ?? 0)
    return Buffer.from(integers.buffer)
  }
}

/** n / 2^15, rounded half to even, clamped. */
function toS16(sample: number): number {
  const scaled = sample * 32_768
  const floor = Math.floor(scaled)
  const fraction = scaled - floor
  const up = fraction > 0.5 || (fraction === 0.5 && floor % 2 !== 0)
  return Math.max(-32_768, Math.min(32_767, up ? floor + 1 : floor))
}
