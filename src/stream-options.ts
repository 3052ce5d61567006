/** What engines and captures have in common when they are opened. */
import { abortable, throwIfAborted } from './abort'
import { chooseCpu } from './cpu'
import { nativeAsync } from './errors'
import { boolean, integer, oneOf, optional, signal, string } from './validate'

export interface StreamOptions {
  /** `DeviceInfo.id` or a backend's name ('jack', 'virtual'); default: the system's default device. */
  device?: string
  /** No usable device: reject with ERR_NO_DEVICE (default), or run on the virtual clock. */
  fallback?: 'error' | 'virtual'
  /** Hz, 1,000…768,000; default: the device's preference. */
  sampleRate?: number
  /** 1…32. */
  channels?: number
  /** Frames a callback asked for, 1…65,536, default 256. */
  bufferSize?: number
  /** A running stream keeps the process alive; default true. */
  keepAlive?: boolean
  /** Also count voluntary context switches inside the callback; default false. */
  audit?: boolean
  /** Aborting it while opening makes `open()` reject with an AbortError; later it does nothing. */
  signal?: AbortSignal
}

export const STREAM_OPTIONS = [
  'device',
  'fallback',
  'sampleRate',
  'channels',
  'bufferSize',
  'keepAlive',
  'audit',
  'signal',
] as const

/** The binding's part of `StreamOptions`. */
export interface NativeStreamOptions {
  device?: string
  sampleRate?: number
  fallbackVirtual: boolean
  channels: number
  bufferSize: number
  audit: boolean
}

/** Checks what is common; the keys have been checked. */
export function checkStream(o: StreamOptions, channels: number): NativeStreamOptions {
  const device = optional(o.device, (value) => string('device', value))
  const sampleRate = optional(o.sampleRate, (value) => integer('sampleRate', value, 1000, 768_000))
  return {
    ...(device !== undefined && { device }),
    ...(sampleRate !== undefined && { sampleRate }),
    fallbackVirtual: optional(o.fallback, (v) => oneOf('fallback', v, ['error', 'virtual'])) === 'virtual',
    channels: optional(o.channels, (value) => integer('channels', value, 1, 32)) ?? channels,
    bufferSize: optional(o.bufferSize, (value) => integer('bufferSize', value, 1, 65_536)) ?? 256,
    audit: optional(o.audit, (value) => boolean('audit', value)) ?? false,
  }
}

/** Opens a native stream, unless the signal aborts first; one that comes too late is closed. */
export async function openStream<T extends { close(): Promise<unknown> }>(
  given: StreamOptions | undefined,
  open: () => Promise<T>,
): Promise<{ opened: T; keepAlive: boolean }> {
  const keepAlive = optional(given?.keepAlive, (value) => boolean('keepAlive', value)) ?? true
  const abort = signal(given?.signal)
  throwIfAborted(abort)
  chooseCpu()
  const opened = await abortable(nativeAsync(open()), abort, undefined, (late) => void late.close())
  return { opened, keepAlive }
}
