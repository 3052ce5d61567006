// A capture on a device that is stepped by hand, fed with samples that know where they belong.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { Capture, type CaptureOptions, type CaptureStats, type Chunk, type PcmData, type ReaderStats } from '../../index'
import { type VirtualDevice, type VirtualDeviceOptions, createVirtualDevice } from '../../src/testing'

/** The sample of a frame in a channel: another one for each, exact in 32 bits, as are sums of eight. */
export function identity(frame: number, channel: number, channels: number): number {
  return (frame * channels + channel + 1) / 2 ** 24
}

/** `frames` frames from index `from` on. */
export function numbered(from: number, frames: number, channels: number, sampleRate = 48_000): PcmData {
  const channelData = Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, n) => identity(from + n, channel, channels)),
  )
  return { channelData, sampleRate }
}

/** The same, interleaved, as a capture of all channels delivers it. */
export function interleaved(from: number, frames: number, channels: number): Float32Array {
  return Float32Array.from({ length: frames * channels }, (_, n) => (from * channels + n + 1) / 2 ** 24)
}

/** A device and a capture on it; both end with the test. */
export class Stand {
  readonly device: VirtualDevice
  readonly capture: Capture
  readonly #channels: number
  readonly #sampleRate: number
  #fed = 0

  private constructor(device: VirtualDevice, capture: Capture, channels: number, sampleRate: number) {
    this.device = device
    this.capture = capture
    this.#channels = channels
    this.#sampleRate = sampleRate
  }

  static async open(
    t: ExecutionContext,
    captureOptions: CaptureOptions = {},
    deviceOptions: VirtualDeviceOptions = {},
  ): Promise<Stand> {
    const device = createVirtualDevice(deviceOptions)
    t.teardown(() => { device.close() })
    const capture = await Capture.open({ device: device.id, ...captureOptions })
    t.teardown(() => capture.close())
    // Where nobody listens, warnings would go to the process.
    capture.on('warning', () => undefined)
    return new Stand(device, capture, deviceOptions.channels ?? 2, deviceOptions.sampleRate ?? 48_000)
  }

  /** Lets the device record so many more frames, each with its index as identity. */
  async record(frames: number): Promise<void> {
    this.device.feed(numbered(this.#fed, frames, this.#channels, this.#sampleRate))
    this.#fed += frames
    await this.device.step(frames)
  }
}

/** The next `count` chunks, which are ready. */
export async function take(chunks: AsyncIterator<Chunk>, count: number): Promise<Chunk[]> {
  const taken: Chunk[] = []
  while (taken.length < count) {
    const result = await chunks.next()
    if (result.done === true) throw new Error(`the iterator ended after ${taken.length} of ${count} chunks`)
    taken.push(result.value)
  }
  return taken
}

/** Everything until the end. */
export async function rest(chunks: AsyncIterableIterator<Chunk>): Promise<Chunk[]> {
  const taken: Chunk[] = []
  for await (const chunk of chunks) taken.push(chunk)
  return taken
}

/** What a list of chunks says of itself: where each begins, its length, and what was lost before it. */
export function outline(chunks: readonly Chunk[]): [frame: number, frames: number, droppedBefore: number][] {
  return chunks.map((chunk) => [chunk.frame, chunk.frames, chunk.droppedBefore])
}

/**
 * Every sample of a capture of all the device's channels stands in its channel and on its frame; each
 * chunk begins where the one before and its own loss say; the last one, and no other, is final.
 */
export function assertWhole(t: ExecutionContext, chunks: readonly Chunk[], channels: number, from = 0): void {
  let next = from
  chunks.forEach((chunk, index) => {
    t.is(chunk.channels, channels)
    t.is(chunk.samples.length, chunk.frames * channels)
    t.is(chunk.droppedBefore % channels, 0, 'losses are whole frames')
    t.is(chunk.frame, next + chunk.droppedBefore / channels, `chunk ${index} begins after its loss`)
    t.deepEqual(chunk.samples, interleaved(chunk.frame, chunk.frames, channels), `the content of chunk ${index}`)
    t.is(chunk.final ?? false, index === chunks.length - 1)
    next = chunk.frame + chunk.frames
  })
}

/** The equations that hold at every moment. */
export function assertBalanced(t: ExecutionContext, capture: Capture): CaptureStats {
  const stats = capture.stats()
  t.is(stats.captured, stats.delivered + stats.dropped + stats.buffered)
  t.is(stats.dropped % capture.channels, 0, 'losses are whole frames')
  t.true(stats.buffered <= stats.highWater && stats.highWater <= stats.captured)
  for (const reader of stats.readers) assertReaderBalanced(t, reader, capture.channels)
  return stats
}

export function assertReaderBalanced(t: ExecutionContext, reader: ReaderStats, channels: number): void {
  t.is(reader.received, reader.delivered + reader.dropped + reader.buffered)
  t.is(reader.dropped % channels, 0, 'losses are whole frames')
}

/** Waits until something is so; fails the test after a minute. */
export async function until(t: ExecutionContext, what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!isSo()) {
    if (performance.now() > deadline) {
      t.fail(`it never came about that ${what}`)
      return
    }
    await sleep(2)
  }
}
