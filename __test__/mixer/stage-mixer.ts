// What the tests of the mixer need around the stage: a track that plays, the lengths of the
// contract's crossfades, and the biquads of the Audio EQ Cookbook in double precision.
import type { ExecutionContext } from 'ava'
import type { EngineOptions, FilterType, Sample, Track, Voice } from '../../index'
import type { VirtualDeviceOptions } from '../../src/testing'
import { RATE, type Stage, stage } from '../playback/stage'

/** Frames of the 10 ms crossfades: bypass, chains, connections, stop, pause, removal. */
export const FADE = 480
/** Frames of the 5 ms of mute and solo. */
export const GATE = 240
/** Frames of the default ramp of a value, 5 ms. */
export const RAMP = 240

export interface PlayingStage extends Stage {
  track: Track
  voice: Voice
  /** What it plays. */
  sound: Sample
}

/** A stage with a track that plays `signal` on both channels from frame 0. */
export async function playing(
  t: ExecutionContext,
  signal: Float32Array,
  engineOptions: EngineOptions = {},
  deviceOptions: VirtualDeviceOptions = {},
): Promise<PlayingStage> {
  const on = await stage(t, engineOptions, deviceOptions)
  const track = on.engine.createTrack()
  const sound = await on.sample(signal, signal)
  return { ...on, track, sound, voice: track.play(sound, { at: 0 }) }
}

/** The linear factor of a gain in dB. */
export function linear(db: number): number {
  return 10 ** (db / 20)
}

export function sine(frames: number, hz: number, amplitude: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, n) => amplitude * Math.sin((2 * Math.PI * hz * n) / RATE))
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let end = 0
  for (const part of parts) {
    out.set(part, end)
    end += part.length
  }
  return out
}

export interface FilterValues {
  frequency: number
  q: number
  gainDb: number
}

interface Biquad {
  b0: number
  b1: number
  b2: number
  a0: number
  a1: number
  a2: number
}

/** The coefficients of the Audio EQ Cookbook, as it prints them. */
export function cookbook(type: FilterType, { frequency, q, gainDb }: FilterValues, rate = RATE): Biquad {
  const A = 10 ** (gainDb / 40)
  const w0 = (2 * Math.PI * frequency) / rate
  const cos = Math.cos(w0)
  const alpha = Math.sin(w0) / (2 * q)
  const common = { a0: 1 + alpha, a1: -2 * cos, a2: 1 - alpha }
  const k = 2 * Math.sqrt(A) * alpha
  switch (type) {
    case 'lowpass':
      return { b0: (1 - cos) / 2, b1: 1 - cos, b2: (1 - cos) / 2, ...common }
    case 'highpass':
      return { b0: (1 + cos) / 2, b1: -(1 + cos), b2: (1 + cos) / 2, ...common }
    case 'bandpass':
      return { b0: alpha, b1: 0, b2: -alpha, ...common }
    case 'notch':
      return { b0: 1, b1: -2 * cos, b2: 1, ...common }
    case 'allpass':
      return { b0: 1 - alpha, b1: -2 * cos, b2: 1 + alpha, ...common }
    case 'peaking':
      return {
        b0: 1 + alpha * A, b1: -2 * cos, b2: 1 - alpha * A,
        a0: 1 + alpha / A, a1: -2 * cos, a2: 1 - alpha / A,
      }
    case 'lowshelf':
      return {
        b0: A * (A + 1 - (A - 1) * cos + k),
        b1: 2 * A * (A - 1 - (A + 1) * cos),
        b2: A * (A + 1 - (A - 1) * cos - k),
        a0: A + 1 + (A - 1) * cos + k,
        a1: -2 * (A - 1 + (A + 1) * cos),
        a2: A + 1 + (A - 1) * cos - k,
      }
    case 'highshelf':
      return {
        b0: A * (A + 1 + (A - 1) * cos + k),
        b1: -2 * A * (A - 1 + (A + 1) * cos),
        b2: A * (A + 1 + (A - 1) * cos - k),
        a0: A + 1 - (A - 1) * cos + k,
        a1: 2 * (A - 1 - (A + 1) * cos),
        a2: A + 1 - (A - 1) * cos - k,
      }
  }
}

/**
 * A signal through a biquad in transposed direct form II, from rest, in double precision.
 *
 * @param values What the filter stands on at a frame.
 */
export function filtered(
  signal: ArrayLike<number>,
  type: FilterType,
  values: (frame: number) => FilterValues,
  rate = RATE,
): Float64Array {
  const out = new Float64Array(signal.length)
  let [s1, s2] = [0, 0]
  for (let n = 0; n < signal.length; n++) {
    const { b0, b1, b2, a0, a1, a2 } = cookbook(type, values(n), rate)
    const x = signal[n] ?? 0
    const y = (b0 / a0) * x + s1
    s1 = (b1 / a0) * x - (a1 / a0) * y + s2
    s2 = (b2 / a0) * x - (a2 / a0) * y
    out[n] = y
  }
  return out
}
