// Points in time of the random control sessions. A moment is a frame or a beat; the two are never
// compared, because only the transport knows how they lie to each other.
import type { When } from '../../index'
import type { Random } from './session'

export type Clock = 'frame' | 'beat'

export interface Moment {
  readonly clock: Clock
  readonly at: number
}

export const START: Moment = { clock: 'frame', at: 0 }

export class Times {
  /** Frames of the session. */
  readonly frames: number
  /** Every beat that is used lies below. */
  readonly beats: number
  readonly #random: Random
  readonly #rate: number

  constructor(random: Random, frames: number, beats: number, rate: number) {
    this.#random = random
    this.frames = frames
    this.beats = beats
    this.#rate = rate
  }

  /** A moment that is not before `from` (of the same clock), and not in the last tenth. */
  after(from: Moment): Moment {
    const { clock, at } = from
    const any = this.#random.between(at, Math.max(at, 0.9 * this.#end(clock)))
    return { clock, at: clock === 'frame' ? Math.floor(any) : any }
  }

  /** A moment shortly behind another, so that a session has room for many in a row. */
  soonAfter({ clock, at }: Moment): Moment {
    const later = at + this.#end(clock) * this.#random.between(0.02, 0.12)
    return { clock, at: clock === 'frame' ? Math.floor(later) : later }
  }

  isWithin({ clock, at }: Moment): boolean {
    return at < 0.97 * this.#end(clock)
  }

  any(clock: Clock): Moment {
    return this.after({ clock, at: 0 })
  }

  /** As the API takes it: seconds, `{ frame }` or `{ beat }`. */
  when({ clock, at }: Moment): When {
    if (clock === 'beat') return { beat: at }
    return this.#random.chance(0.5) ? { frame: at } : at / this.#rate
  }

  #end(clock: Clock): number {
    return clock === 'frame' ? this.frames : this.beats
  }
}
