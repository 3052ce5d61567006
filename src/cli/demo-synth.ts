/**
 * The demo's instruments. All but the noise is made of one thing: sines that ring and die away, as
 * strings and bells do.
 */
import type { PcmData } from '../sample'

interface Ring {
  /** Hz. */
  frequency: number
  amplitude: number
  /** Seconds until it is down by 60 dB. */
  decay: number
  /** Radians; default 0. */
  phase?: number
}

/** MIDI key number to Hz: 69 is 440. */
export function pitch(key: number): number {
  return 440 * 2 ** ((key - 69) / 12)
}

/** Plucked bass: the overtones die first. */
export function bass(rate: number, key: number): PcmData {
  const out = silence(rate, 0.5)
  const frequency = pitch(key)
  for (let n = 1; n <= 12; n++) {
    ring(out, rate, { frequency: n * frequency, amplitude: 0.5 / n ** 1.2, decay: 1.4 / n ** 0.7 })
  }
  return mono(rate, shaped(out, rate, 0.004, 0.06))
}

/** Two detuned voices a note, one for each side: wide, slow to speak, slow to go. */
export function chord(rate: number, keys: readonly number[], seconds: number): PcmData {
  const sides = [-1, 1].map((side) => {
    const out = silence(rate, seconds)
    for (const [i, key] of keys.entries()) {
      const frequency = pitch(key) * (1 + side * 0.0017)
      for (let n = 1; n <= 5; n++) {
        const phase = 2.4 * (i + 1) * n + side
        ring(out, rate, { frequency: n * frequency, amplitude: 0.16 / n ** 1.6, decay: 10 / n ** 0.6, phase })
      }
    }
    return shaped(out, rate, 0.06, Math.min(0.5, seconds / 3))
  })
  return { channelData: sides, sampleRate: rate }
}

/** A small bell: its partials are not quite harmonic. */
export function bell(rate: number, key: number): PcmData {
  const out = silence(rate, 0.9)
  const frequency = pitch(key)
  const partials = [[1, 0.4, 1.2], [2.001, 0.22, 0.7], [3.01, 0.1, 0.4], [5.43, 0.06, 0.2]] as const
  for (const [ratio, amplitude, decay] of partials) {
    ring(out, rate, { frequency: ratio * frequency, amplitude, decay })
  }
  return mono(rate, shaped(out, rate, 0.002, 0.3))
}

/** A drum whose pitch falls as its skin relaxes. */
export function kick(rate: number): PcmData {
  const out = silence(rate, 0.32)
  let phase = 0
  for (let i = 0; i < out.length; i++) {
    const t = i / rate
    phase += (2 * Math.PI * (46 + 150 * Math.exp(-t / 0.018))) / rate
    out[i] = 0.9 * Math.sin(phase) * Math.exp(-t / 0.09)
  }
  return mono(rate, shaped(out, rate, 0.001, 0.05))
}

/** Noise without its low end; `decay` makes it a closed hat (0.05 s) or an open one (0.3 s). */
export function hat(rate: number, decay: number): PcmData {
  const out = silence(rate, decay)
  const noise = whiteNoise(0x9e37_79b9)
  // Two differences in a row: a high-pass of 12 dB an octave.
  let [first, second] = [0, 0]
  for (let i = 0; i < out.length; i++) {
    const white = noise()
    const difference = white - first
    out[i] = 0.22 * (difference - second) * Math.exp((-4 * i) / (decay * rate))
    first = white
    second = difference
  }
  return mono(rate, shaped(out, rate, 0.0005, decay / 4))
}

/** Hands: a few short bursts of noise, then the room. */
export function clap(rate: number): PcmData {
  const out = silence(rate, 0.22)
  const noise = whiteNoise(0x2545_f491)
  let low = 0
  for (let i = 0; i < out.length; i++) {
    const t = i / rate
    const burst = t < 0.03 ? Math.exp(-(t % 0.01) / 0.003) : Math.exp(-(t - 0.03) / 0.045)
    const white = noise()
    low += 0.25 * (white - low)
    out[i] = 0.5 * (white - low) * burst
  }
  return mono(rate, shaped(out, rate, 0.0005, 0.05))
}

function silence(rate: number, seconds: number): Float32Array {
  return new Float32Array(Math.round(seconds * rate))
}

function mono(rate: number, samples: Float32Array): PcmData {
  return { channelData: [samples], sampleRate: rate }
}

/** Adds a sine that dies away: a pointer that turns and shrinks, one multiplication a sample. */
function ring(out: Float32Array, rate: number, { frequency, amplitude, decay, phase = 0 }: Ring): void {
  // What lies above half the rate would come back as another pitch.
  if (frequency > 0.45 * rate) return
  const angle = (2 * Math.PI * frequency) / rate
  const shrink = 0.001 ** (1 / (decay * rate))
  const [turnX, turnY] = [shrink * Math.cos(angle), shrink * Math.sin(angle)]
  let [x, y] = [amplitude * Math.cos(phase), amplitude * Math.sin(phase)]
  for (let i = 0; i < out.length; i++) {
    out[i] = (out[i] ?? 0) + y
    const nextX = x * turnX - y * turnY
    y = x * turnY + y * turnX
    x = nextX
  }
}

/** Round ends instead of clicks: rises over `attack` seconds, falls over the last `release`. */
function shaped(samples: Float32Array, rate: number, attack: number, release: number): Float32Array {
  const round = (fraction: number): number => 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, fraction))
  const rise = Math.max(1, attack * rate)
  const fall = Math.max(1, release * rate)
  for (let i = 0; i < samples.length; i++) {
    const envelope = round(i / rise) * round((samples.length - 1 - i) / fall)
    samples[i] = (samples[i] ?? 0) * envelope
  }
  return samples
}

/** Noise in [-1, 1) that is the same each time: Marsaglia's xorshift. */
function whiteNoise(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state / 2 ** 31
  }
}
