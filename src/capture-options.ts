/** What a capture is opened with, and the checks of it. */
import type * as binding from '#binding'
import { boolean, integer, oneOf, optional, options, string } from './validate'

export interface CaptureOptions {
  /** `DeviceInfo.id` or a backend's name; default: the default input. */
  device?: string
  /** No usable device: reject with ERR_NO_DEVICE (default), or run on the virtual clock. */
  fallback?: 'error' | 'virtual'
  /** Delivered rate in Hz, 1,000…768,000; default: the device's. */
  sampleRate?: number
  /** Delivered, 1…32; default 1 (the average of the device's). */
  channels?: number
  /** Frames a callback asked for, 1…65,536, default 256. */
  bufferSize?: number
  /** Frames a chunk at the delivered rate; default 20 ms. */
  chunk?: number
  /** Frames between chunk starts; default: the chunk. Less: chunks overlap. */
  hop?: number
  /** Samples that the ring holds; default 2 s. Rounded down to whole frames, at least one. */
  capacity?: number
  /** Of the resampler; default 'balanced'. */
  quality?: 'low-latency' | 'balanced' | 'best'
  /** How the consumer is woken; default 'condvar'. */
  wake?: 'condvar' | 'unpark'
  /** A running capture keeps the process alive; default true. */
  keepAlive?: boolean
  /** Also count voluntary context switches inside the callback; default false. */
  audit?: boolean
  signal?: AbortSignal
}

const OPTIONS = [
  'device',
  'fallback',
  'sampleRate',
  'channels',
  'bufferSize',
  'chunk',
  'hop',
  'capacity',
  'quality',
  'wake',
  'keepAlive',
  'audit',
  'signal',
] as const

/** A minute of chunk at 768 kHz; a ring of half a gigabyte. */
const MAX_CHUNK = 46_080_000
const MAX_CAPACITY = 2 ** 27

/** One of the allowed names; the first one where none is given. */
export function choice<T extends string>(name: string, value: T | undefined, allowed: readonly [T, ...T[]]): T {
  return optional(value, (given) => oneOf(name, given, allowed)) ?? allowed[0]
}

/**
 * What the binding is opened with.
 * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE
 */
export function checkOptions(given: CaptureOptions | undefined): binding.NativeCaptureOptions {
  const o = options('CaptureOptions', given, OPTIONS)
  const count = (name: keyof CaptureOptions, value: number | undefined, max: number) =>
    value === undefined ? {} : { [name]: integer(name, value, 1, max) }
  const device = optional(o.device, (value) => string('device', value))
  const sampleRate = optional(o.sampleRate, (v) => integer('sampleRate', v, 1000, 768_000))
  // The default chunk of a rate that only the device knows is checked once that is open.
  const longestHop = o.chunk ?? (sampleRate === undefined ? MAX_CHUNK : Math.round(sampleRate * 0.02))
  return {
    ...(device !== undefined && { device }),
    ...(sampleRate !== undefined && { sampleRate }),
    ...count('chunk', o.chunk, MAX_CHUNK),
    ...count('hop', o.hop, longestHop),
    ...count('capacity', o.capacity, MAX_CAPACITY),
    fallbackVirtual: choice('fallback', o.fallback, ['error', 'virtual']) === 'virtual',
    channels: optional(o.channels, (value) => integer('channels', value, 1, 32)) ?? 1,
    bufferSize: optional(o.bufferSize, (value) => integer('bufferSize', value, 1, 65_536)) ?? 256,
    quality: choice('quality', o.quality, ['balanced', 'low-latency', 'best']),
    wake: choice('wake', o.wake, ['condvar', 'unpark']),
    audit: optional(o.audit, (value) => boolean('audit', value)) ?? false,
  }
}
