/** A capture as a Node stream of interleaved PCM, whole frames a push. */
import { Readable } from 'node:stream'
import type { Chunk, ReaderEnd, ReaderStats } from './reader'

export interface ReadableOptions {
  /** 32-bit float or 16-bit integer, little-endian; default 'f32'. */
  format?: 'f32' | 's16'
  /** Bytes, as Node's. */
  highWaterMark?: number
  /** What stands where samples were lost: as much silence (default), or nothing. */
  gaps?: 'silence' | 'splice'
  signal?: AbortSignal
}

/** Frames of silence in one push at most. */
const SILENCE = 16_384

export class PcmReadable extends Readable {
  readonly #reader: ReaderEnd
  readonly #format: 'f32' | 's16'
  readonly #splice: boolean
  #next: number | undefined
  #reading = false

  constructor(reader: ReaderEnd, { format, highWaterMark, gaps, signal }: ReadableOptions) {
    super({
      ...(highWaterMark !== undefined && { highWaterMark }),
      ...(signal && { signal }),
    })
    this.#reader = reader
    this.#format = format ?? 'f32'
    this.#splice = gaps === 'splice'
  }

  /** The account of this reader. */
  stats(): ReaderStats {
    return this.#reader.stats()
  }

  override _read(): void {
    if (this.#reading) return
    this.#reading = true
    void this.#fill()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#reader.detach()
    callback(error)
  }

  async #fill(): Promise<void> {
    try {
      for (let more = true; more; ) {
        const chunk = await this.#reader.next()
        if (this.destroyed) return
        if (!chunk) {
          this.push(null)
          return
        }
        more = this.#pushGap(chunk)
        if (chunk.frames > 0) more = this.push(this.#encode(chunk.samples))
        this.#next = chunk.frame + chunk.frames
      }
    } catch (error) {
      this.destroy(error as Error)
    } finally {
      this.#reading = false
    }
  }

  /** A gap is filled in full even when the stream asks to wait: it is bounded by what was lost. */
  #pushGap(chunk: Chunk): boolean {
    let more = true
    if (this.#splice) return more
    let lost = chunk.frame - (this.#next ?? chunk.frame)
    while (lost > 0) {
      const frames = Math.min(lost, SILENCE)
      more = this.push(this.#encode(new Float32Array(frames * chunk.channels)))
      lost -= frames
    }
    return more
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
