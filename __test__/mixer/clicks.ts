// Sounds of one frame: where they are heard tells when something happened.
import type { Sample } from '../../index'
import { type Stage, channel, flat } from '../playback/stage'

/** A stereo sound of one frame. */
export function click({ sample }: Pick<Stage, 'sample'>, value = 0.5): Promise<Sample> {
  return sample(flat(value, 1), flat(value, 1))
}

/** The frames that are not silent, where the first one is engine frame `from`. */
export function onsets(heard: Float32Array, from = 0): number[] {
  const found: number[] = []
  for (const [n, value] of heard.entries()) if (value !== 0) found.push(from + n)
  return found
}

/** Steps so many frames; the engine frames that were not silent on the left. */
export async function heardOnsets({ engine, play }: Stage, frames: number): Promise<number[]> {
  const from = engine.currentFrame
  return onsets(channel(await play(frames), 0), from)
}

/** Frames a beat. */
export function beatFrames(tempo: number, rate = 48_000): number {
  return (60 * rate) / tempo
}

/** Numbers in [0, 1) without a pattern, the same for the same seed (mulberry32). */
export function randoms(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x = (x + Math.imul(x ^ (x >>> 7), x | 61)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}
