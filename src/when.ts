/** Points in time, and what becomes of them: engine frames or beats. */
import { integer, invalid, number } from './validate'

/**
 * Absolute, on the engine clock: seconds, or a frame. `{ beat }` is when the transport comes by
 * that beat; until then it waits.
 */
export type When =
  | number
  | {
      /** Engine frame, a safe integer. */
      frame: number
    }
  | {
      /** Beats of the transport, 0…10¹². */
      beat: number
    }

/** What a time is given in, as the binding numbers it. */
export const enum TimeKind {
  Now,
  Frame,
  Beat,
}

/** A point in time as the binding takes it. */
export interface Time {
  /** A frame, or a beat; 0: none was given. */
  readonly at: number
  readonly kind: TimeKind
}

/** No time given: the first frame of the next block, or the batch's. */
export const NOW: Time = { at: 0, kind: TimeKind.Now }

/** A day short of three centuries at 1 MHz: every frame below stays a safe integer. */
const MAX_SECONDS = 2 ** 33

/** The engine counts with no beat beyond; there a beat is exact to 1/8192. */
export const MAX_BEAT = 1e12

const ALLOWED = 'seconds on the engine clock, { frame } or { beat }'

/** `NOW` where no time was given. */
export function toTime(name: string, when: When | undefined, rate: number): Time {
  return when === undefined ? NOW : requiredTime(name, when, rate)
}

export function requiredTime(name: string, when: When | undefined, rate: number): Time {
  if (typeof when === 'number') return atFrame(Math.round(number(name, when, 0, MAX_SECONDS) * rate))
  if (typeof when !== 'object' || (when as unknown) === null) throw invalid(name, when, ALLOWED)
  const keys = Object.keys(when)
  if (keys.length === 1 && 'frame' in when) {
    return atFrame(integer(`${name}.frame`, when.frame, 0, Number.MAX_SAFE_INTEGER))
  }
  if (keys.length === 1 && 'beat' in when) {
    return { at: number(`${name}.beat`, when.beat, 0, MAX_BEAT), kind: TimeKind.Beat }
  }
  throw invalid(name, when, ALLOWED)
}

function atFrame(frame: number): Time {
  return { at: frame, kind: TimeKind.Frame }
}

/** A length in frames; at most an hour of fade or ramp. */
export function toFrames(name: string, seconds: unknown, rate: number): number {
  return Math.round(number(name, seconds, 0, 3600) * rate)
}
