/** Readers of a capture: each has its own queue and its own account. */
import type { NativeChunk, NativeReader } from '#binding'
import * as binding from '#binding'
import { AbortError } from './errors'

export interface Chunk {
  /** Interleaved, always a fresh array that the receiver owns. */
  samples: Float32Array
  frames: number
  channels: number
  /** Hz. */
  sampleRate: number
  /** Index of its first frame at the delivered rate since opening, dropped frames counted. */
  frame: number
  /** Seconds, on the clock of `performance.now() / 1000`, when that frame was at the device. */
  time: number
  /** Samples lost between the chunk before and this one, exact. */
  droppedBefore: number
  /** The last one: may be shorter, even empty. */
  final?: boolean
}

/** Samples; `received === delivered + dropped + buffered`. */
export interface ReaderStats {
  received: number
  delivered: number
  dropped: number
  buffered: number
}

/** What a reader needs to know of its capture. */
export interface ReaderFormat {
  readonly channels: number
  readonly sampleRate: number
}

/** Milliseconds to add to the native clock to be on that of `performance.now()`. */
const CLOCK_OFFSET = performance.now() - binding.monotonicNow() / 1e6

/** The JavaScript end of a native reader: takes chunks when asked, waits for the bell otherwise. */
export class ReaderEnd {
  readonly #native: NativeReader
  readonly #format: ReaderFormat
  readonly #waiting = new Set<() => void>()
  /** Readers somebody waits on. Nothing else may hold such a reader but the wait itself. */
  readonly #held: Set<ReaderEnd>
  #detached = false

  constructor(native: NativeReader, format: ReaderFormat, held: Set<ReaderEnd>) {
    this.#native = native
    this.#format = format
    this.#held = held
  }

  /** Data may have come. */
  wake(): void {
    for (const resume of [...this.#waiting]) resume()
  }

  stats(): ReaderStats {
    return this.#native.stats()
  }

  detach(): void {
    if (this.#detached) return
    this.#detached = true
    this.#native.detach()
    this.wake()
  }

  /** The next chunk, or undefined at the end or once detached. */
  async next(signal?: AbortSignal): Promise<Chunk | undefined> {
    for (;;) {
      if (signal?.aborted === true) {
        this.detach()
        throw new AbortError(signal)
      }
      if (this.#detached) return undefined
      const chunk = this.#native.take()
      if (chunk === undefined) return undefined
      if (chunk !== null) return this.#toChunk(chunk)
      await this.#wait(signal)
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const resume = (): void => {
        this.#waiting.delete(resume)
        if (this.#waiting.size === 0) this.#held.delete(this)
        signal?.removeEventListener('abort', resume)
        resolve()
      }
      this.#waiting.add(resume)
      this.#held.add(this)
      signal?.addEventListener('abort', resume, { once: true })
    })
  }

  #toChunk(chunk: NativeChunk): Chunk {
    const { channels, sampleRate } = this.#format
    return {
      samples: chunk.samples,
      frames: chunk.samples.length / channels,
      channels,
      sampleRate,
      frame: chunk.frame,
      time: (chunk.time / 1e6 + CLOCK_OFFSET) / 1000,
      droppedBefore: chunk.droppedBefore,
      ...(chunk.isFinal && { final: true }),
    }
  }
}

export type ChunkIterator = AsyncIterableIterator<Chunk> & { stats(): ReaderStats }

/** An iterator over a reader's chunks. Leaving the loop detaches the reader. */
export function iterate(reader: ReaderEnd, signal: AbortSignal | undefined): ChunkIterator {
  let last: Promise<unknown> = Promise.resolve()
  const iterator: ChunkIterator = {
    next() {
      // Calls that overlap are answered in their order.
      const result = last.then(async (): Promise<IteratorResult<Chunk>> => {
        const value = await reader.next(signal)
        return value === undefined ? { done: true, value } : { done: false, value }
      })
      last = result.catch(() => undefined)
      return result
    },
    return() {
      reader.detach()
      return Promise.resolve({ done: true, value: undefined })
    },
    stats: () => reader.stats(),
    [Symbol.asyncIterator]() {
      return iterator
    },
  }
  return iterator
}
