/** What a capture is opened with, and the checks of it. */
import type * as binding from '#binding'
import { type StreamOptions, STREAM_OPTIONS, checkStream } from './stream-options'
import { choice, integer, invalid, number, optional, options, outOfRange } from './validate'
import { type VoiceActivity, checkVoice } from './voice-activity'

/** What `Capture.open` takes; everything has a default. */
export interface CaptureOptions extends StreamOptions {
  /** Delivered rate in Hz, 1,000…768,000; default: the device's. */
  sampleRate?: number
  /** Delivered, 1…32; default 1 (the average of the device's). */
  channels?: number
  /**
   * The device's channel, counted from 0, for each delivered one, passed bit for bit; duplicates are
   * allowed, at most 32. `channels` is then its length. Default: one channel is the average of all the
   * device's, as many are straight, fewer are the first ones, any number from a mono device are copies.
   */
  channelMap?: number[]
  /** Frames a chunk at the delivered rate; default 20 ms. At most 46,080,000, and 2³⁰ samples of all channels. */
  chunk?: number
  /** Frames between chunk starts; default: the chunk. Less: chunks overlap. */
  hop?: number
  /** Samples that the ring holds; default 2 s, and the `preRoll`. Rounded down to whole frames, at least one. */
  capacity?: number
  /**
   * Seconds, 0…30, that are kept while paused and delivered first on `resume()`; default 0. Memory
   * for 2²⁷ samples at most.
   */
  preRoll?: number
  /** Whether chunks say if they are speech; default false. */
  voiceActivity?: VoiceActivity
  /** Of the resampler; default 'balanced'. */
  quality?: 'low-latency' | 'balanced' | 'best'
  /** How the consumer is woken; default 'condvar'. */
  wake?: 'condvar' | 'unpark'
}

const OPTIONS = [
  ...STREAM_OPTIONS,
  'channelMap',
  'chunk',
  'hop',
  'capacity',
  'preRoll',
  'voiceActivity',
  'quality',
  'wake',
] as const

/** A minute of chunk at 768 kHz; a ring of half a gigabyte. */
const MAX_CHUNK = 46_080_000
/** Samples of all channels that a reader takes for one chunk. */
const MAX_CHUNK_SAMPLES = 2 ** 30
const MAX_CAPACITY = 2 ** 27
const MAX_CHANNELS = 32
/** No device has more channels. */
const MAX_INDEX = 65_534

/** Which channels the device has is known once that is open. */
function checkMap(map: unknown): number[] {
  const allowed = "a non-empty array of a device's channels, counted from 0"
  if (!Array.isArray(map) || map.length === 0) throw invalid('channelMap', map, allowed)
  if (map.length > MAX_CHANNELS) throw outOfRange('channelMap.length', map.length, `from 1 to ${MAX_CHANNELS}`)
  return Array.from(map, (index: unknown, place) => {
    const name = `channelMap[${place}]`
    if (typeof index !== 'number' || !Number.isInteger(index)) throw invalid(name, index, 'a whole number')
    return integer(name, index, 0, MAX_INDEX)
  })
}

/**
 * What the binding is opened with.
 * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE
 */
export function checkOptions(given: CaptureOptions | undefined): binding.NativeCaptureOptions {
  const o = options('CaptureOptions', given, OPTIONS)
  const count = (name: keyof CaptureOptions, value: number | undefined, max: number) =>
    value === undefined ? {} : { [name]: integer(name, value, 1, max) }
  const channelMap = optional(o.channelMap, checkMap)
  const stream = checkStream(o, channelMap?.length ?? 1)
  if (channelMap && stream.channels !== channelMap.length) {
    throw invalid('channels', stream.channels, `${channelMap.length}, the length of channelMap`)
  }
  const { sampleRate } = stream
  // The default chunk of a rate that only the device knows is checked once that is open.
  const longestHop = o.chunk ?? (sampleRate === undefined ? MAX_CHUNK : Math.round(sampleRate * 0.02))
  const longestChunk = Math.min(MAX_CHUNK, Math.floor(MAX_CHUNK_SAMPLES / stream.channels))
  return {
    ...stream,
    ...(channelMap && { channelMap }),
    ...count('chunk', o.chunk, longestChunk),
    ...count('hop', o.hop, longestHop),
    ...count('capacity', o.capacity, MAX_CAPACITY),
    preRoll: o.preRoll === undefined ? 0 : number('preRoll', o.preRoll, 0, 30),
    ...checkVoice(o.voiceActivity),
    quality: choice('quality', o.quality, ['balanced', 'low-latency', 'best']),
    wake: choice('wake', o.wake, ['condvar', 'unpark']),
  }
}
