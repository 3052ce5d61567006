/** Levels of a track or a capture. */
import * as binding from '#binding'
import { NoxrunError, native } from './errors'
import type { Host } from './host'

/** Linear, one figure a channel. */
export interface Meter {
  /** Highest absolute sample; 1 is full scale. */
  peak: number[]
  /** Root of the mean square; 1 is a full-scale square wave. */
  rms: number[]
}

/** A meter of one's own on a track. */
export interface TrackMeter {
  /**
   * Levels since its own last read, after the fader; the first read counts from the making.
   * @throws NoxrunError ERR_INVALID_STATE (it was closed, or the track removed), ERR_CLOSED
   */
  read(): Meter
  /** Gives its place back; calling it again does nothing. */
  close(): void
}

export class EngineMeter implements TrackMeter {
  readonly #ensureThere: () => void
  #tap: binding.NativeMeterTap | undefined
  /** Is told when it is closed. */
  onClosed: (() => void) | undefined

  /**
   * @param track The track's key.
   * @param ensureThere Throws when the track may not be used any more.
   */
  constructor(host: Host, track: number, ensureThere: () => void) {
    this.#ensureThere = ensureThere
    this.#tap = native(() => binding.openMeter(host.handle, track))
    host.commands.onAbort(() => { this.close() })
  }

  read(): Meter {
    this.#ensureThere()
    if (this.#tap === undefined) throw new NoxrunError('ERR_INVALID_STATE', 'the meter was closed')
    return this.#tap.read()
  }

  close(): void {
    this.#tap?.close()
    this.#tap = undefined
    this.onClosed?.()
  }
}

/** Meters of a track from which on those that were dropped unclosed are looked for. */
const MANY = 256

/** The meters of one track that somebody may still read. One that is dropped unclosed stays collectable. */
export class OpenMeters {
  readonly #meters = new Set<WeakRef<EngineMeter>>()

  add(meter: EngineMeter): EngineMeter {
    if (this.#meters.size >= MANY) {
      for (const known of this.#meters) if (known.deref() === undefined) this.#meters.delete(known)
    }
    const known = new WeakRef(meter)
    this.#meters.add(known)
    meter.onClosed = () => { this.#meters.delete(known) }
    return meter
  }

  /** The track is gone: nobody can read them any more, so their places are free. */
  close(): void {
    for (const meter of this.#meters) meter.deref()?.close()
    this.#meters.clear()
  }
}
