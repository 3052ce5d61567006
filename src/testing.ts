/**
 * A device that a test drives by hand.
 * @module noxrun/testing
 */
import * as binding from '#binding'
import { closed, native, nativeAsync } from './errors'
import { pumpAll } from './live'
import { offer } from './offer'
import { type PcmData, checkPcm } from './sample'
import { boolean, integer, invalid, oneOf, optional, options } from './validate'

export type { PcmData } from './sample'

/** What a virtual device is like. */
export interface VirtualDeviceOptions {
  /** Hz, 1,000…768,000, default 48,000. */
  sampleRate?: number
  /** Out and in, 1…32, default 2. */
  channels?: number
  /** Frames a callback that it prefers, default 256. */
  bufferSize?: number
  /** Sizes of the callbacks, cycled, whatever was granted. */
  blockSizes?: number[]
  /** Sizes that it grants; others fall back to `bufferSize`. Default: any. */
  acceptedBufferSizes?: number[]
  /** Output frame n is input frame n; default false. */
  loopback?: boolean
  /** Stepped by hand (default), or by the clock. */
  clock?: 'manual' | 'realtime'
}

/** How a device fails. */
export type Failure = 'lost' | 'silent' | 'xrun' | 'flood' | 'rate'

/**
 * A device that a test drives by hand. Once closed, everything but `close` throws ERR_CLOSED.
 */
export interface VirtualDevice {
  /** Pass it to `Engine.open` and `Capture.open`. */
  readonly id: string
  /**
   * Waits until every earlier call has reached the engine, runs callbacks of exactly `frames` in
   * total, resolves after their events have fired.
   * @throws NoxrunError ERR_INVALID_ARG (a device that runs by the clock), ERR_OUT_OF_RANGE, ERR_CLOSED
   *   (also when it is closed before the step is over)
   */
  step(frames: number): Promise<void>
  /**
   * Input, appended; silence after it.
   * @throws NoxrunError ERR_INVALID_ARG (another rate or number of channels than the device's)
   */
  feed(pcm: PcmData): void
  /** Everything played since the last call. */
  output(): PcmData
  /**
   * Fails as a device does: it is gone and says so, falls silent, reports a dropout, reports errors
   * without end, or goes on at another rate (then `sampleRate` is needed, Hz, 1,000…768,000).
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE
   */
  fail(how: Failure, options?: { sampleRate?: number }): void
  /** Ends the failure: the device can be opened again. */
  restore(): void
  /** Takes the device away for good. May be called again. */
  close(): void
}

const OPTIONS = [
  'sampleRate',
  'channels',
  'bufferSize',
  'blockSizes',
  'acceptedBufferSizes',
  'loopback',
  'clock',
] as const
const MAX_BLOCK = 65_536

class SteppedDevice implements VirtualDevice {
  readonly id: string
  readonly #native: binding.NativeVirtualDevice
  /** What it runs at now: `fail('rate')` changes it. */
  #sampleRate: number
  readonly #channels: number
  readonly #manual: boolean
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(checked: binding.NativeVirtualOptions) {
    this.#native = native(() => new binding.NativeVirtualDevice(checked))
    this.#sampleRate = checked.sampleRate
    this.#channels = checked.channels
    this.#manual = checked.manual
    this.id = this.#native.id
  }

  step(frames: number): Promise<void> {
    return offer(async () => {
      this.#ensureOpen()
      integer('frames', frames, 0, Number.MAX_SAFE_INTEGER)
      if (!this.#manual) throw invalid('clock', 'realtime', "'manual' for a device that is stepped")
      // Steps that overlap run in their order.
      const step = this.#last.then(() => this.#step(frames))
      this.#last = step.catch(() => undefined)
      await step
      pumpAll()
    })
  }

  async #step(frames: number): Promise<void> {
    this.#ensureOpen()
    try {
      await nativeAsync(native(() => this.#native.step(frames)))
    } catch (error) {
      // That the step came to nothing is all that the native device says.
      this.#ensureOpen()
      throw error
    }
  }

  feed(pcm: PcmData): void {
    this.#ensureOpen()
    const { channelData, sampleRate } = checkPcm('pcm', pcm)
    if (sampleRate !== this.#sampleRate) {
      throw invalid('pcm.sampleRate', sampleRate, `the device's rate, ${this.#sampleRate} Hz`)
    }
    if (channelData.length !== this.#channels) {
      const allowed = `the device's number of channels, ${this.#channels}`
      throw invalid('pcm.channelData.length', channelData.length, allowed)
    }
    native(() => { this.#native.feed(channelData) })
  }

  output(): PcmData {
    this.#ensureOpen()
    return { channelData: native(() => this.#native.output()), sampleRate: this.#sampleRate }
  }

  fail(how: Failure, failOptions?: { sampleRate?: number }): void {
    this.#ensureOpen()
    oneOf('how', how, ['lost', 'silent', 'xrun', 'flood', 'rate'])
    const given = options('fail', failOptions, ['sampleRate'])
    const rate = optional(given.sampleRate, (value) => integer('sampleRate', value, 1000, 768_000))
    if (how === 'rate' && rate === undefined) {
      throw invalid('sampleRate', undefined, "given when how is 'rate'")
    }
    native(() => { this.#native.fail(how, rate) })
    if (how === 'rate' && rate !== undefined) this.#sampleRate = rate
  }

  restore(): void {
    this.#ensureOpen()
    native(() => { this.#native.restore() })
  }

  close(): void {
    this.#closed = true
    native(() => { this.#native.close() })
  }

  #ensureOpen(): void {
    if (this.#closed) throw closed('virtual device')
  }
}

/**
 * Makes a virtual device. It is the same code as the device 'virtual'.
 * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE
 */
export function createVirtualDevice(given?: VirtualDeviceOptions): VirtualDevice {
  const o = options('createVirtualDevice', given, OPTIONS)
  const size = (name: string, value: number): number => integer(name, value, 1, MAX_BLOCK)
  const sizes = (name: 'blockSizes' | 'acceptedBufferSizes', value: number[]): number[] => {
    if (!Array.isArray(value) || value.length === 0) throw invalid(name, value, 'an array of sizes')
    return value.map((one, index) => size(`${name}[${index}]`, one))
  }
  const blockSizes = optional(o.blockSizes, (value) => sizes('blockSizes', value))
  const accepted = optional(o.acceptedBufferSizes, (value) => sizes('acceptedBufferSizes', value))
  return new SteppedDevice({
    sampleRate: optional(o.sampleRate, (v) => integer('sampleRate', v, 1000, 768_000)) ?? 48_000,
    channels: optional(o.channels, (value) => integer('channels', value, 1, 32)) ?? 2,
    bufferSize: optional(o.bufferSize, (value) => size('bufferSize', value)) ?? 256,
    loopback: optional(o.loopback, (v) => boolean('loopback', v)) ?? false,
    manual: optional(o.clock, (v) => oneOf('clock', v, ['manual', 'realtime'])) !== 'realtime',
    ...(blockSizes && { blockSizes }),
    ...(accepted && { acceptedBufferSizes: accepted }),
  })
}
