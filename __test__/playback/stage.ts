// An engine on a device that is stepped by hand, and what the tests of playback need around it.
import type { ExecutionContext } from 'ava'
import { Engine, NoxrunError, type EngineOptions, type ErrorCode, type Sample } from '../../index'
import { type VirtualDevice, type VirtualDeviceOptions, createVirtualDevice } from '../../src/testing'

export const RATE = 48_000

export interface Stage {
  engine: Engine
  device: VirtualDevice
  /** Steps, and returns what was played: one array a channel. */
  play: (frames: number) => Promise<Float32Array[]>
  /** Planar PCM at the engine's rate, as a sample. */
  sample: (...channels: Float32Array[]) => Promise<Sample>
}

/** Opens an engine on a device of its own; both go with the test. */
export async function stage(
  t: ExecutionContext,
  engineOptions: EngineOptions = {},
  deviceOptions: VirtualDeviceOptions = {},
): Promise<Stage> {
  const device = createVirtualDevice({ sampleRate: RATE, ...deviceOptions })
  const engine = await Engine.open({ device: device.id, ...engineOptions })
  // What a test provokes need not stand on stderr too.
  engine.on('warning', () => undefined)
  t.teardown(async () => {
    await engine.close()
    device.close()
  })
  return {
    engine,
    device,
    play: async (frames) => {
      await device.step(frames)
      return device.output().channelData
    },
    sample: (...channelData) => engine.load({ channelData, sampleRate: engine.sampleRate }),
  }
}

/** The same value `frames` times. */
export function flat(value: number, frames: number): Float32Array {
  return new Float32Array(frames).fill(value)
}

/** Frame `k` of a ramp of `n` frames from `a` to `b`, as the contract writes it. */
export function ramp(a: number, b: number, k: number, n: number): number {
  return k >= n ? b : a + ((b - a) * (k + 1)) / n
}

export function exponential(a: number, b: number, k: number, n: number): number {
  return k >= n ? b : a * (b / a) ** ((k + 1) / n)
}

/** One channel of what was played. */
export function channel(output: Float32Array[], index: number): Float32Array {
  const one = output[index]
  if (one === undefined) throw new Error(`nothing was played on channel ${index}`)
  return one
}

/**
 * Compares frame by frame. By default to the bit; with `within`, to that much.
 *
 * @param expected Of a frame's index.
 */
export function isHeard(
  t: ExecutionContext,
  heard: Float32Array,
  expected: (frame: number) => number,
  within = 0,
  from = 0,
  to = heard.length,
): void {
  for (let frame = from; frame < to; frame++) {
    const wanted = Math.fround(expected(frame))
    const got = heard[frame] ?? NaN
    if (!(Math.abs(got - wanted) <= within)) {
      t.fail(`frame ${frame}: heard ${got}, expected ${wanted}`)
      return
    }
  }
  t.pass()
}

/** Compares with a whole signal, to the bit, and its length. */
export function isSame(t: ExecutionContext, heard: Float32Array, signal: Float32Array): void {
  t.is(heard.length, signal.length)
  isHeard(t, heard, (n) => signal[n] ?? NaN)
}

/** The first frame that is not silent, or −1. */
export function onset(heard: Float32Array): number {
  return heard.findIndex((sample) => sample !== 0)
}

/** One f32 step at 1: what a product of two rounded factors may be off by. */
export const ULP = 2 ** -23

/** Checks that a call throws the code, and that its message names what it should. */
export function throwsCode(
  t: ExecutionContext,
  call: () => unknown,
  code: ErrorCode,
  mentions: readonly string[] = [],
  what = '',
): void {
  const error = t.throws(call, { instanceOf: NoxrunError }, what)
  hasCode(t, error, code, mentions, what)
}

/** The same for a promise. */
export async function rejectsCode(
  t: ExecutionContext,
  promise: Promise<unknown>,
  code: ErrorCode,
  mentions: readonly string[] = [],
  what = '',
): Promise<void> {
  const error = await t.throwsAsync(promise, { instanceOf: NoxrunError }, what)
  hasCode(t, error, code, mentions, what)
}

function hasCode(
  t: ExecutionContext,
  error: NoxrunError | undefined,
  code: ErrorCode,
  mentions: readonly string[],
  what: string,
): void {
  t.is(error?.code, code, `${what}: ${error?.message ?? ''}`)
  for (const part of mentions) {
    t.true(error?.message.includes(part), `${what}: "${error?.message ?? ''}" names ${part}`)
  }
}
