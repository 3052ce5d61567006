/** What is rendered, and the checks of it. */
import type { NativeOfflineOptions, NativeRenderOptions } from '#binding'
import { type OnProgress, checkOnProgress } from './progress'
import { type FileFormat, checkFormat, checkPath } from './recording'
import { integer, number, options, outOfRange, signal } from './validate'

/** What `render` renders, and where to. */
export interface RenderOptions {
  /** Seconds, at least a frame and at most a day; without `output` at most 2^30 samples in all. */
  duration: number
  /** Hz, 1,000…768,000, default 48,000. */
  sampleRate?: number
  /** 1…32, default 2. */
  channels?: number
  /** Frames that are rendered at a time, 1…8,192, default 256. It does not change the sound. */
  blockSize?: number
  /** 1…4,096, default 64. */
  maxTracks?: number
  /** 1…16,384, default 256. */
  maxVoices?: number
  /** Scheduled events, 1…16,777,216, default 262,144. */
  maxEvents?: number
  /** A .wav or .flac file, written in pieces: length costs no memory. Default: into memory. */
  output?: string
  /** What a sample of the file is; default 'f32', for FLAC, which has no 'f32', 's24'. */
  format?: FileFormat
  /** Called with the fraction done, 0…1, a few times a second and once with 1. */
  onProgress?: OnProgress
  /**
   * Aborting it makes `render()` reject with an AbortError. No file is left, and one that was there before
   * stays as it was.
   */
  signal?: AbortSignal
}

/** `RenderOptions`, checked. */
export interface RenderPlan {
  readonly engine: NativeOfflineOptions
  readonly render: NativeRenderOptions
  readonly onProgress: OnProgress | undefined
  readonly signal: AbortSignal | undefined
}

const OPTIONS = [
  'duration',
  'sampleRate',
  'channels',
  'blockSize',
  'maxTracks',
  'maxVoices',
  'maxEvents',
  'output',
  'format',
  'onProgress',
  'signal',
] as const

const MAX_DURATION = 86_400
/** Four gigabytes. */
const MAX_IN_MEMORY = 2 ** 30
/** Nothing takes effect while `build` runs: everything that it schedules waits. */
const MAX_EVENTS = 262_144

/** @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE */
export function checkRender(given: RenderOptions): RenderPlan {
  const o = options('RenderOptions', given, OPTIONS)
  const size = (name: keyof RenderOptions, value: number | undefined, min: number, max: number, or: number) =>
    value === undefined ? or : integer(name, value, min, max)
  const sampleRate = size('sampleRate', o.sampleRate, 1000, 768_000, 48_000)
  const channels = size('channels', o.channels, 1, 32, 2)
  const output = o.output === undefined ? undefined : checkPath('output', o.output)
  const format = checkFormat(output ?? '', o.format)
  return {
    engine: {
      sampleRate,
      channels,
      maxTracks: size('maxTracks', o.maxTracks, 1, 4096, 64),
      maxVoices: size('maxVoices', o.maxVoices, 1, 16_384, 256),
      maxEvents: size('maxEvents', o.maxEvents, 1, 2 ** 24, MAX_EVENTS),
    },
    render: {
      frames: checkFrames(o.duration, sampleRate, output === undefined ? MAX_IN_MEMORY / channels : Infinity),
      blockSize: size('blockSize', o.blockSize, 1, 8192, 256),
      ...(output !== undefined && { output, format }),
    },
    onProgress: checkOnProgress(o.onProgress),
    signal: signal(o.signal),
  }
}

function checkFrames(duration: number | undefined, rate: number, most: number): number {
  const frames = Math.round(number('duration', duration, 0, MAX_DURATION) * rate)
  if (frames === 0) throw outOfRange('duration', duration, `at least a frame, ${1 / rate} s`)
  if (frames > most) {
    throw outOfRange('duration', duration, `at most ${Math.floor(most / rate)} s in memory; longer ones need \`output\``)
  }
  return frames
}
