/** Points in time, and what becomes of them: engine frames. */
import { integer, invalid, number } from './validate'

/** Absolute, on the engine clock: seconds, or a frame. */
export type When = number | { frame: number }

/** As a native frame: no time given. */
export const NOW = -1

/** A day short of three centuries at 1 MHz: every frame below stays a safe integer. */
const MAX_SECONDS = 2 ** 33

export function toFrame(name: string, when: When | undefined, rate: number): number {
  if (when === undefined) return NOW
  if (typeof when === 'number') return Math.round(number(name, when, 0, MAX_SECONDS) * rate)
  const what = 'seconds on the engine clock, or { frame }'
  if (typeof when !== 'object' || (when as unknown) === null) throw invalid(name, when, what)
  const keys = Object.keys(when)
  if (keys.length !== 1 || keys[0] !== 'frame') throw invalid(name, when, what)
  return integer(`${name}.frame`, when.frame, 0, Number.MAX_SAFE_INTEGER)
}

/** A length in frames; at most an hour of fade or ramp. */
export function toFrames(name: string, seconds: unknown, rate: number): number {
  return Math.round(number(name, seconds, 0, 3600) * rate)
}
