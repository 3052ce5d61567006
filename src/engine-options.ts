/** What an engine is opened with, and the checks of it. */
import type * as binding from '#binding'
import { type StreamOptions, STREAM_OPTIONS, checkStream } from './stream-options'
import { boolean, integer, oneOf, optional, options } from './validate'

/** What `Engine.open` takes; everything has a default. */
export interface EngineOptions extends StreamOptions {
  /**
   * The device is gone: engine time goes on by the clock, silently ('continue', the default), or
   * stands still until the device is back ('hold'). Either way the output comes back by itself.
   */
  onLost?: 'continue' | 'hold'
  /** Engine rate in Hz, 1,000…768,000; default: the device's preference. */
  sampleRate?: number
  /** 1…32, default 2. */
  channels?: number
  /** Messages that the control queue holds, 1…65,536, default 256. */
  controlCapacity?: number
  /** Scheduled and waiting events, 1…16,777,216, default 65,536. */
  maxEvents?: number
  /** 1…4,096, default 64, pre-allocated. */
  maxTracks?: number
  /** 1…16,384, default 256, pre-allocated. */
  maxVoices?: number
  /** The master's safety stage; default true. */
  safetyLimiter?: boolean
}

const OPTIONS = [
  ...STREAM_OPTIONS,
  'onLost',
  'controlCapacity',
  'maxEvents',
  'maxTracks',
  'maxVoices',
  'safetyLimiter',
] as const

/**
 * What the binding is opened with.
 * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE
 */
export function checkOptions(given: EngineOptions | undefined): binding.NativeEngineOptions {
  const o = options('EngineOptions', given, OPTIONS)
  const size = (name: keyof EngineOptions, value: number | undefined, max: number, or: number) =>
    value === undefined ? or : integer(name, value, 1, max)
  return {
    ...checkStream(o, 2),
    holdWhenLost: optional(o.onLost, (v) => oneOf('onLost', v, ['continue', 'hold'])) === 'hold',
    controlCapacity: size('controlCapacity', o.controlCapacity, 65_536, 256),
    maxEvents: size('maxEvents', o.maxEvents, 2 ** 24, 65_536),
    maxTracks: size('maxTracks', o.maxTracks, 4096, 64),
    maxVoices: size('maxVoices', o.maxVoices, 16_384, 256),
    safetyLimiter: optional(o.safetyLimiter, (v) => boolean('safetyLimiter', v)) ?? true,
  }
}
