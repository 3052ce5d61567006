/** How a sample is played, and the checks of it. */
import { NoxrunError } from './errors'
import type { Range } from './generated/operations'
import { ParamKind, initialValue } from './param'
import { Sample, disposed } from './sample'
import { invalid, number, options, outOfRange } from './validate'
import { type Time, type When, toFrames, toTime } from './when'

/** How a sample is played. */
export interface PlayOptions {
  /**
   * Default: the first frame of the next block. In the past: now, from its beginning, and counted
   * late. A beat waits for the transport.
   */
  at?: When
  /** Where it begins, seconds within the sample; default 0. */
  offset?: number
  /** How much of the sample it plays, seconds, repetitions counted; default: to its end, or for ever. */
  duration?: number
  /** Repeats the whole sample, or a part: seconds within the sample, the end excluded. */
  loop?: boolean | {
    /** Seconds within the sample. */
    start: number
    /** Seconds within the sample, excluded. */
    end: number
  }
  /** Linear, 0…16, default 1. */
  gain?: number
  /** Playback speed, 0.0625…16, default 1. */
  rate?: number
  /** Rises from silence over so many seconds; default 0. */
  fadeIn?: number
  /** Falls to silence over its last so many seconds; default 0. */
  fadeOut?: number
}

/** What a voice starts with, as the binding takes it: frames of the sample, fades in engine frames. */
export interface Start {
  readonly sample: Sample
  readonly at: Time
  readonly gain: number
  readonly rate: number
  readonly offset: number
  readonly length: number | undefined
  readonly repeat: Range | undefined
  readonly fadeIn: number
  readonly fadeOut: number
  /** Its natural end is that of the sample. */
  readonly endsWithSample: boolean
}

const OPTIONS = ['at', 'offset', 'duration', 'loop', 'gain', 'rate', 'fadeIn', 'fadeOut'] as const
/** Seconds: three centuries. */
const MAX_DURATION = 2 ** 33

/**
 * Checks what is to be played in an engine of `rate` Hz.
 * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE (disposed sample)
 */
export function checkPlay(sample: Sample, playOptions: PlayOptions | undefined, rate: number): Start {
  if (!((sample as unknown) instanceof Sample)) throw invalid('sample', sample, 'a Sample')
  const given = options('play', playOptions, OPTIONS)
  const { fadeIn = 0, fadeOut = 0 } = given
  if (sample.sampleRate !== rate) {
    throw invalid('sample', `a sample of ${sample.sampleRate} Hz`, `of the engine's rate, ${rate} Hz`)
  }
  const at = toTime('at', given.at, rate)
  const gain = initialValue(ParamKind.VoiceGain, given.gain)
  const speed = initialValue(ParamKind.VoiceRate, given.rate)
  const repeat = checkLoop(given.loop, sample)
  const offset = checkOffset(given.offset, sample, repeat?.end)
  const length =
    given.duration === undefined ? undefined : Math.round(number('duration', given.duration, 0, MAX_DURATION) * rate)
  if (sample.nativeId === 0) throw disposed()
  return {
    sample,
    at,
    gain,
    rate: speed,
    offset,
    length,
    repeat,
    fadeIn: toFrames('fadeIn', fadeIn, rate),
    fadeOut: toFrames('fadeOut', fadeOut, rate),
    endsWithSample: length === undefined && repeat === undefined,
  }
}

function checkLoop(loop: PlayOptions['loop'], { frames, duration, sampleRate }: Sample): Range | undefined {
  if (loop === undefined || loop === false) return undefined
  // Nothing repeats an empty sample: it is over at once.
  if (loop === true) return frames === 0 ? undefined : { start: 0, end: frames }
  if (typeof loop !== 'object' || (loop as unknown) === null) {
    throw invalid('loop', loop, 'true, false or { start, end } in seconds')
  }
  const given = options('loop', loop, ['start', 'end'])
  const start = Math.round(number('loop.start', given.start, 0, duration) * sampleRate)
  const end = Math.round(number('loop.end', given.end, 0, duration) * sampleRate)
  if (start >= end) {
    throw new NoxrunError(
      'ERR_OUT_OF_RANGE',
      `loop.end must be at least one frame after loop.start, ${loop.start} s, got ${loop.end}`,
    )
  }
  return { start, end }
}

function checkOffset(offset: number | undefined, sample: Sample, loopEnd: number | undefined): number {
  if (offset === undefined || offset === 0) return 0
  const { frames, duration, sampleRate } = sample
  const from = Math.round(number('offset', offset, 0, duration) * sampleRate)
  const end = loopEnd ?? frames
  if (from >= end) {
    const what = loopEnd === undefined ? 'the end of the sample' : "the loop's end"
    throw outOfRange('offset', offset, `before ${what}, ${end / sampleRate} s`)
  }
  return from
}
