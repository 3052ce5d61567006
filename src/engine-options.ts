/** What an engine is opened with, and the checks of it. */
import type * as binding from '#binding'
import { boolean, integer, oneOf, optional, options, string } from './validate'

export interface EngineOptions {
  /** `DeviceInfo.id` or a backend's name ('jack', 'virtual'); default: the default output. */
  device?: string
  /** No usable device: reject with ERR_NO_DEVICE (default), or run on the virtual clock. */
  fallback?: 'error' | 'virtual'
  /** Engine rate in Hz, 1,000…768,000; default: the device's preference. */
  sampleRate?: number
  /** 1…32, default 2. */
  channels?: number
  /** Frames a callback asked for, 1…65,536, default 256. */
  bufferSize?: number
  /** Messages that the control queue holds, 1…65,536, default 256. */
  controlCapacity?: number
  /** Scheduled and waiting events, 1…16,777,216, default 65,536. */
  maxEvents?: number
  /** 1…4,096, default 64, pre-allocated. */
  maxTracks?: number
  /** 1…16,384, default 256, pre-allocated. */
  maxVoices?: number
  /** A running engine keeps the process alive; default true. */
  keepAlive?: boolean
  /** The master's safety stage; default true. */
  safetyLimiter?: boolean
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
  'controlCapacity',
  'maxEvents',
  'maxTracks',
  'maxVoices',
  'keepAlive',
  'safetyLimiter',
  'audit',
  'signal',
] as const

/**
 * What the binding is opened with.
 * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE
 */
export function checkOptions(given: EngineOptions | undefined): binding.NativeEngineOptions {
  const o = options('EngineOptions', given, OPTIONS)
  const size = (name: keyof EngineOptions, value: number | undefined, max: number, or: number) =>
    value === undefined ? or : integer(name, value, 1, max)
  const device = optional(o.device, (value) => string('device', value))
  const sampleRate = optional(o.sampleRate, (v) => integer('sampleRate', v, 1000, 768_000))
  return {
    ...(device !== undefined && { device }),
    ...(sampleRate !== undefined && { sampleRate }),
    fallbackVirtual: optional(o.fallback, (v) => oneOf('fallback', v, ['error', 'virtual'])) === 'virtual',
    channels: size('channels', o.channels, 32, 2),
    bufferSize: size('bufferSize', o.bufferSize, 65_536, 256),
    controlCapacity: size('controlCapacity', o.controlCapacity, 65_536, 256),
    maxEvents: size('maxEvents', o.maxEvents, 2 ** 24, 65_536),
    maxTracks: size('maxTracks', o.maxTracks, 4096, 64),
    maxVoices: size('maxVoices', o.maxVoices, 16_384, 256),
    safetyLimiter: optional(o.safetyLimiter, (v) => boolean('safetyLimiter', v)) ?? true,
    audit: optional(o.audit, (v) => boolean('audit', v)) ?? false,
  }
}
