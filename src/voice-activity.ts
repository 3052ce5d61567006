/** Whether and how a capture tells speech from the rest. */
import type * as binding from '#binding'
import { invalid, number, optional, options } from './validate'

/**
 * `true` for the defaults. A detector looks at windows of 16 ms of the channels' average; what it
 * takes for speech comes some 0.1 s after the voice has begun.
 */
export type VoiceActivity = boolean | {
  /** Probability from which on a window is speech, 0…1, default 0.75. Higher: less is. */
  threshold?: number
  /** Seconds for which it stays so after the last window of speech, 0…10, default 0.3. */
  hangover?: number
}

/**
 * The binding's part.
 * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE
 */
export function checkVoice(given: VoiceActivity | undefined): { voiceActivity?: binding.NativeVoiceActivity } {
  if (given === undefined || given === false) return {}
  if (given !== true && (typeof given !== 'object' || (given as unknown) === null || Array.isArray(given))) {
    throw invalid('voiceActivity', given, 'true, false or an object')
  }
  const o = options('voiceActivity', given === true ? undefined : given, ['threshold', 'hangover'])
  const threshold = optional(o.threshold, (value) => number('voiceActivity.threshold', value, 0, 1)) ?? 0.75
  const hangover = optional(o.hangover, (value) => number('voiceActivity.hangover', value, 0, 10)) ?? 0.3
  return { voiceActivity: { threshold, hangover } }
}
