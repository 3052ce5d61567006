/** The transport: a musical clock over the frame clock. */
import * as binding from '#binding'
import { native } from './errors'
import type { Host } from './host'
import { finite, invalid, number, options, string } from './validate'
import { MAX_BEAT, NOW, type Time, type When, requiredTime, toTime } from './when'

/** A part that the transport repeats. */
export interface TransportLoop {
  /** Beats, 0…10¹². */
  start: number
  /** Beats, excluded; at least 1/64 after `start`, at most 10¹². */
  end: number
}

/** What waits for a `{ beat }` waits for this. It is stopped, on beat 0, until it is started. */
export interface Transport {
  /** Beats a minute, 1…999, default 120; the last value set. Writing is `setTempo(bpm)`. */
  tempo: number
  /**
   * Changes the tempo at a time; default: the first frame of the next block.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_CLOSED; with `at` ERR_QUEUE_FULL
   */
  setTempo(bpm: number, options?: { at?: When }): void
  /** Whether it runs, as of the newest callback. */
  readonly playing: boolean
  /** Where it is now, extrapolated. */
  readonly beat: number
  /**
   * Runs from then on, from where it stands; default: the first frame of the next block.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_QUEUE_FULL, ERR_CLOSED
   */
  start(at?: When): void
  /** Stays where it is then. Throws as `start`. */
  stop(at?: When): void
  /**
   * Goes to a beat, 0…10¹². What waits for a beat that is skipped is dropped; voices among it end as
   * 'stopped'.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_QUEUE_FULL, ERR_CLOSED
   */
  seek(beat: number): void
  /** Repeats this part when it runs into its end, which is at least 1/64 beat after its start. */
  loop: TransportLoop | null
  /**
   * Has the engine emit 'marker' with the exact frame.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_QUEUE_FULL, ERR_CLOSED
   */
  marker(name: string, at: When): void
}

const { min: MIN_TEMPO, max: MAX_TEMPO } = binding.tempoSpec()

export class EngineTransport implements Transport {
  readonly #host: Host
  /** Names of the markers that are under way. */
  readonly #markers = new Map<number, string>()
  #tempo = 120
  #loop: Readonly<TransportLoop> | null = null

  constructor(host: Host) {
    this.#host = host
  }

  get tempo(): number {
    return this.#tempo
  }

  set tempo(bpm: number) {
    this.#host.ensureOpen()
    this.#setTempo('tempo', bpm, NOW)
  }

  setTempo(bpm: number, given?: { at?: When }): void {
    this.#host.ensureOpen()
    finite('bpm', bpm, MIN_TEMPO, MAX_TEMPO)
    const { at } = options('setTempo', given, ['at'])
    this.#setTempo('bpm', bpm, toTime('at', at, this.#host.sampleRate))
  }

  get playing(): boolean {
    return this.#state()[0] === 1
  }

  get beat(): number {
    return this.#state()[1] ?? 0
  }

  start(at?: When): void {
    this.#host.ensureOpen()
    this.#host.commands.startTransport(toTime('at', at, this.#host.sampleRate))
  }

  stop(at?: When): void {
    this.#host.ensureOpen()
    this.#host.commands.stopTransport(toTime('at', at, this.#host.sampleRate))
  }

  seek(beat: number): void {
    this.#host.ensureOpen()
    this.#host.commands.seekTransport(finite('beat', beat, 0, MAX_BEAT))
  }

  get loop(): TransportLoop | null {
    return this.#loop && { ...this.#loop }
  }

  set loop(loop: TransportLoop | null) {
    const { commands, ensureOpen } = this.#host
    ensureOpen()
    const checked = loop === null ? null : checkLoop(loop)
    commands.loop(checked ?? undefined)
    const before = this.#loop
    this.#loop = checked
    commands.onAbort(() => (this.#loop = before))
  }

  marker(name: string, at: When): void {
    const { commands, ensureOpen, newId, sampleRate } = this.#host
    ensureOpen()
    string('name', name)
    const time = requiredTime('at', at, sampleRate)
    const id = newId()
    commands.marker(id, time)
    this.#markers.set(id, name)
    commands.onAbort(() => this.#markers.delete(id))
  }

  /** The name of a marker that was reached, or passed over. */
  takeMarker(id: number): string | undefined {
    const name = this.#markers.get(id)
    this.#markers.delete(id)
    return name
  }

  #setTempo(name: string, bpm: number, at: Time): void {
    const { commands } = this.#host
    commands.tempo(finite(name, bpm, MIN_TEMPO, MAX_TEMPO), at)
    const before = this.#tempo
    this.#tempo = bpm
    commands.onAbort(() => (this.#tempo = before))
  }

  #state(): ArrayLike<number> {
    return native(() => binding.transportState(this.#host.handle))
  }
}

function checkLoop(loop: TransportLoop): TransportLoop {
  if (typeof loop !== 'object') throw invalid('loop', loop, '{ start, end } in beats, or null')
  const given = options('loop', loop, ['start', 'end'])
  return {
    start: beat('loop.start', given.start),
    end: beat('loop.end', given.end),
  }
}

/** A beat from 0 on; what else it may be the engine checks. −1 would be none. */
function beat(name: string, value: unknown): number {
  return number(name, value, 0, MAX_BEAT)
}
