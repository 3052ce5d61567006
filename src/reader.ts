/** Readers of a capture or a track: each has its own queue and its own account. */
import type { NativeChunk, NativeReader } from '#binding'
import * as binding from '#binding'
import { AbortError } from './errors'
import { offer } from './offer'

/** A piece of captured sound. There is no gap inside. */
export interface Chunk {
  /** Interleaved, always a fresh array that the receiver owns. */
  samples: Float32Array
  /** How many frames `samples` holds. */
  frames: number
  /** Channels of each frame. */
  channels: number
  /** Hz. */
  sampleRate: number
  /** Index of its first frame at the delivered rate since opening, dropped frames counted. */
  frame: number
  /** Seconds, on the clock of `performance.now() / 1000`, when that frame was at the device. */
  time: number
  /** Samples lost between the chunk before and this one, exact. */
  droppedBefore: number
  /**
   * Whether one of its frames is speech, as was known when its last frame had been captured. Only
   * with `voiceActivity`.
   */
  speech?: boolean
  /** The last one: may be shorter, even empty. */
  final?: boolean
}

/** A reader's account, in samples: `received === delivered + dropped + buffered` at every moment. */
export interface ReaderStats {
  /** Everything meant for this reader since it was made. */
  received: number
  /** Taken by it. */
  delivered: number
  /** Lost to it: what the ring and its own queue refused. */
  dropped: number
  /** Waiting for it. */
  buffered: number
}

/** Where a reader's chunks come from. */
export type ReaderSource = Pick<NativeReader, 'take' | 'stats' | 'detach'>

/** What a reader needs of its capture, or engine. */
export interface ReaderHome {
  readonly channels: number
  readonly sampleRate: number
  /**
   * The readers that somebody waits on. Nothing else holds a loop that waits: without this it could
   * be collected in the middle. A reader that nobody waits on may be, and is detached so.
   */
  readonly waiting: Set<ReaderEnd>
}

/** Milliseconds to add to the native clock to be on that of `performance.now()`. */
const CLOCK_OFFSET = performance.now() - binding.monotonicNow() / 1e6

/** The JavaScript end of a native reader: takes chunks when asked, waits for the bell otherwise. */
export class ReaderEnd {
  readonly #native: ReaderSource | undefined
  readonly #home: ReaderHome
  readonly #signal: AbortSignal | undefined
  readonly #abort = (): void => {
    if (this.#signal) this.#error = new AbortError(this.#signal)
    this.detach()
  }
  #resume: (() => void)[] = []
  #detached = false
  #error: AbortError | undefined

  /**
   * Attaches the native reader, unless the signal is aborted already: it would take from the ring
   * what belongs to the first one who reads.
   */
  constructor(attach: () => ReaderSource, home: ReaderHome, signal: AbortSignal | undefined) {
    this.#home = home
    this.#signal = signal
    if (signal?.aborted === true) {
      this.#abort()
    } else {
      this.#native = attach()
      signal?.addEventListener('abort', this.#abort, { once: true })
    }
  }

  /** Data may have come. */
  wake(): void {
    const waiting = this.#resume
    this.#resume = []
    this.#home.waiting.delete(this)
    for (const resume of waiting) resume()
  }

  stats(): ReaderStats {
    return this.#native?.stats() ?? { received: 0, delivered: 0, dropped: 0, buffered: 0 }
  }

  detach(): void {
    if (this.#detached) return
    this.#detached = true
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#native?.detach()
    this.wake()
  }

  /** The next chunk, or undefined at the end or once detached. An abort rejects, once. */
  async next(): Promise<Chunk | undefined> {
    for (;;) {
      const error = this.#error
      this.#error = undefined
      if (error) throw error
      if (this.#detached) return undefined
      const chunk = this.#native?.take()
      if (chunk === undefined) {
        this.detach()
        return undefined
      }
      if (chunk !== null) return this.#toChunk(chunk)
      await new Promise<void>((resolve) => {
        this.#resume.push(resolve)
        this.#home.waiting.add(this)
      })
    }
  }

  #toChunk(chunk: NativeChunk): Chunk {
    const { channels, sampleRate } = this.#home
    return {
      samples: chunk.samples,
      frames: chunk.samples.length / channels,
      channels,
      sampleRate,
      frame: chunk.frame,
      time: (chunk.time / 1e6 + CLOCK_OFFSET) / 1000,
      droppedBefore: chunk.droppedBefore,
      ...(chunk.speech !== undefined && { speech: chunk.speech }),
      ...(chunk.isFinal && { final: true }),
    }
  }
}

/** Chunks in their order. Leaving the loop, or `return()`, detaches the reader, nothing else. */
export type ChunkIterator = AsyncIterableIterator<Chunk> & {
  /** The account of this reader. */
  stats(): ReaderStats
}

/** An iterator over a reader's chunks. Leaving the loop detaches the reader. */
export function iterate(reader: ReaderEnd): ChunkIterator {
  let last: Promise<unknown> = Promise.resolve()
  const iterator: ChunkIterator = {
    next() {
      // Calls that overlap are answered in their order.
      const result = offer(() => last.then(async (): Promise<IteratorResult<Chunk>> => {
        const value = await reader.next()
        return value === undefined ? { done: true, value } : { done: false, value }
      }))
      last = result.catch(() => undefined)
      return result
    },
    return(value?: unknown) {
      return offer(async () => {
        reader.detach()
        return { done: true, value: await value }
      })
    },
    stats: () => reader.stats(),
    [Symbol.asyncIterator]() {
      return iterator
    },
  }
  return iterator
}
