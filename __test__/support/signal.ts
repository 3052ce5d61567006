// Signals with an identity: every sample says where it belongs.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Capture, Chunk } from '../../index'

/** Milliseconds. Far beyond what a busy machine takes: who waits longer waits for something that never comes. */
const PATIENCE = 60_000

/** White noise in (−0.9, 0.9), reproducible, without a zero and without two equal neighbours. */
export function noise(frames: number, seed: number): Float32Array {
  const out = new Float32Array(frames)
  let state = (seed * 2_654_435_761 + 1) >>> 0
  for (let i = 0; i < frames; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out[i] = (((state >>> 8) | 1) / 2 ** 24 - 0.5) * 1.8
  }
  return out
}

/** A WAV file of 32-bit floats, built by hand. */
export function wavFile(channels: Float32Array[], sampleRate: number): Uint8Array {
  const frames = channels[0]?.length ?? 0
  const data = frames * channels.length * 4
  const bytes = Buffer.alloc(44 + data)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(36 + data, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(3, 20)
  bytes.writeUInt16LE(channels.length, 22)
  bytes.writeUInt32LE(sampleRate, 24)
  bytes.writeUInt32LE(sampleRate * channels.length * 4, 28)
  bytes.writeUInt16LE(channels.length * 4, 32)
  bytes.writeUInt16LE(32, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(data, 40)
  for (let frame = 0; frame < frames; frame++) {
    channels.forEach((channel, c) => {
      bytes.writeFloatLE(channel[frame] ?? 0, 44 + 4 * (frame * channels.length + c))
    })
  }
  return bytes
}

/** Collects what a capture delivers, from now until it is closed. */
export class Collector {
  readonly chunks: Chunk[] = []
  readonly done: Promise<void>
  readonly #channels: number

  constructor(capture: Capture) {
    this.#channels = capture.channels
    const chunks = capture.chunks()
    this.done = (async () => {
      for await (const chunk of chunks) this.chunks.push(chunk)
    })()
  }

  /** Frames so far. */
  get frames(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.frames, 0)
  }

  /** Waits until so many frames have come since no channel was silent any more. */
  async sound(frames: number): Promise<void> {
    const deadline = performance.now() + PATIENCE
    const heard = (): number => {
      const channels = Array.from({ length: this.#channels }, (_, channel) => channel)
      const first = this.chunks.findIndex(({ samples }) =>
        channels.every((channel) => samples.some((sample, n) => n % this.#channels === channel && sample !== 0)))
      return first < 0 ? 0 : this.chunks.slice(first + 1).reduce((sum, chunk) => sum + chunk.frames, 0)
    }
    while (heard() < frames) {
      if (performance.now() > deadline) throw new Error(`only ${heard()} of ${frames} frames were heard`)
      await sleep(20)
    }
  }

  /** Samples lost so far, by the chunks' own account. */
  get dropped(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.droppedBefore, 0)
  }

  /**
   * Frames that indices pass over besides what was dropped: those that never came from the device.
   * NaN where an index goes back.
   */
  get skipped(): number {
    let [next, skipped] = [this.chunks[0]?.frame ?? 0, 0]
    for (const [index, { frame, frames, droppedBefore }] of this.chunks.entries()) {
      const over = frame - next - (index === 0 ? 0 : droppedBefore / this.#channels)
      skipped += over < 0 ? NaN : over
      next = frame + frames
    }
    return skipped
  }

  /** One channel, all chunks joined. */
  channel(index: number): Float32Array {
    const out = new Float32Array(this.frames)
    let at = 0
    for (const { samples, frames } of this.chunks) {
      for (let i = 0; i < frames; i++) out[at++] = samples[i * this.#channels + index] ?? 0
    }
    return out
  }
}

/** Where `signal` stands whole in `heard`: the index of its first sample, or −1. */
export function find(heard: Float32Array, signal: Float32Array): number {
  const start = heard.indexOf(signal[0] ?? NaN)
  if (start < 0 || start + signal.length > heard.length) return -1
  for (let i = 0; i < signal.length; i++) if (heard[start + i] !== signal[i]) return -1
  return start
}

/** Blocks the event loop. */
export function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
