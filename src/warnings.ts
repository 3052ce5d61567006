/** Warnings: trouble that did not stop anything, told in words. */
import type { NativeWarning } from '#binding'
import type { NoxrunError } from './errors'
import { guarded } from './live'

/** Trouble that did not stop anything. Discriminated by `code`. */
export type NoxrunWarning = {
  /** For people, in one sentence. */
  message: string
} & (
  | {
      /** The device refused the buffer size. */
      code: 'BUFFER_SIZE_FALLBACK'
      /** Frames. */
      asked: number
      /** Frames. */
      granted: number
    }
  | {
      /** The device refused the rate: the sound is resampled at its edge. */
      code: 'SAMPLE_RATE_FALLBACK'
      /** Hz. */
      asked: number
      /** Hz. */
      granted: number
    }
  | {
      /** Nobody hears this: `fallback: 'virtual'` took effect. */
      code: 'VIRTUAL_DEVICE'
      /** Why no device could be used. */
      reason: string
    }
  | {
      /** An event came after its time and was applied at once. */
      code: 'LATE_EVENT'
      /** Frames. */
      by: number
    }
  | {
      /** The control queue was full: messages wait, in order. */
      code: 'QUEUE_OVERFLOW'
      /** Messages. */
      count: number
    }
  | {
      /** A track played a sample that is not finite and was muted. */
      code: 'NON_FINITE'
      /** Its name. */
      track: string
    }
  | {
      /** Nothing took captured samples in time. */
      code: 'DROPPED_SAMPLES'
      /** Samples. */
      count: number
    }
  | {
      /** The system refuses real-time priority: on a loaded machine the sound may break up. */
      code: 'NO_REALTIME_PRIORITY'
      /** What it said. */
      reason: string
    }
  | {
      /** A recording ended by itself; its files are valid up to there. */
      code: 'RECORDING_FAILED'
      /** The file that was written then. */
      path: string
      /** What ended it. */
      error: NoxrunError
    }
)

/** Warnings that come from the binding. */
type NativeCode = Exclude<NoxrunWarning['code'], 'RECORDING_FAILED'>

function several(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function toWarning(native: NativeWarning, trackName: (id: number) => string): NoxrunWarning {
  const { asked = 0, granted = 0, reason = '', by = 0, count = 0 } = native
  switch (native.code as NativeCode) {
    case 'BUFFER_SIZE_FALLBACK': {
      const message = `the device refused ${several(asked, 'frame')} a callback and granted ${granted}`
      return { code: 'BUFFER_SIZE_FALLBACK', asked, granted, message }
    }
    case 'SAMPLE_RATE_FALLBACK': {
      const message = `the device refused ${asked} Hz and runs at ${granted} Hz; the sound is resampled`
      return { code: 'SAMPLE_RATE_FALLBACK', asked, granted, message }
    }
    case 'VIRTUAL_DEVICE': {
      const message = `nobody hears this: the virtual device stands in (${reason})`
      return { code: 'VIRTUAL_DEVICE', reason, message }
    }
    case 'LATE_EVENT': {
      const message = `an event came ${several(by, 'frame')} after its time and was applied at once`
      return { code: 'LATE_EVENT', by, message }
    }
    case 'QUEUE_OVERFLOW': {
      const message = `the control queue was full for ${several(count, 'message')}; what waits keeps its order`
      return { code: 'QUEUE_OVERFLOW', count, message }
    }
    case 'NON_FINITE': {
      const track = trackName(native.track ?? 0)
      const message = `track '${track}' played a sample that is not finite and was muted`
      return { code: 'NON_FINITE', track, message }
    }
    case 'DROPPED_SAMPLES': {
      const lost = `${several(count, 'captured sample')} ${count === 1 ? 'was' : 'were'} lost`
      const message = `${lost}: nothing took what came in time`
      return { code: 'DROPPED_SAMPLES', count, message }
    }
    case 'NO_REALTIME_PRIORITY': {
      const message = `${reason}; on a loaded machine the sound may break up`
      return { code: 'NO_REALTIME_PRIORITY', reason, message }
    }
  }
}

interface Warner {
  listenerCount(event: 'warning'): number
  emit(event: 'warning', warning: NoxrunWarning): boolean
}

/** The warnings of an engine or a capture: kept, and told to its listeners or else to the process. */
export class WarningLog {
  readonly #emitter: Warner
  readonly #trackName: (id: number) => string
  readonly #kept: NoxrunWarning[]

  /** Those of opening are told in a later tick, so that a listener can be there. */
  constructor(emitter: Warner, opening: NativeWarning[], trackName: (id: number) => string = String) {
    this.#emitter = emitter
    this.#trackName = trackName
    const told = opening.map((one) => toWarning(one, trackName))
    this.#kept = [...told]
    setImmediate(() => {
      for (const warning of told) guarded(() => { this.#announce(warning) })
    })
  }

  /** Everything that was warned of since opening. */
  get all(): readonly NoxrunWarning[] {
    return [...this.#kept]
  }

  add(native: NativeWarning): void {
    this.tell(toWarning(native, this.#trackName))
  }

  tell(warning: NoxrunWarning): void {
    this.#kept.push(warning)
    this.#announce(warning)
  }

  #announce(warning: NoxrunWarning): void {
    if (this.#emitter.listenerCount('warning') > 0) this.#emitter.emit('warning', warning)
    else process.emitWarning(warning.message, { type: 'NoxrunWarning', code: warning.code })
  }
}
