// A tone of 1 kHz, and what is heard of it.
import type { Chunk, PcmData } from '../../index'

/** A sine of 1 kHz at half scale, the same in all channels. */
export function tone(frames: number, sampleRate: number, channels = 1): PcmData {
  const at = (n: number): number => 0.5 * Math.sin((2 * Math.PI * 1000 * n) / sampleRate)
  const channelData = Array.from({ length: channels }, () => Float32Array.from({ length: frames }, (_, n) => at(n)))
  return { channelData, sampleRate }
}

/** The first channel of some chunks, joined. */
export function left(chunks: readonly Chunk[]): Float32Array {
  const parts = chunks.map(({ samples, frames, channels }) =>
    Float32Array.from({ length: frames }, (_, n) => samples[n * channels] ?? NaN),
  )
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Hz, by the first and the last upward zero crossing, interpolated, and their count in between. */
export function frequency(samples: Float32Array, sampleRate: number): number {
  const crossings: number[] = []
  for (let n = 1; n < samples.length; n++) {
    const [a = 0, b = 0] = [samples[n - 1], samples[n]]
    if (a < 0 && b >= 0) crossings.push(n - 1 + a / (a - b))
  }
  const [first = NaN, last = NaN] = [crossings[0], crossings.at(-1)]
  return ((crossings.length - 1) * sampleRate) / (last - first)
}
