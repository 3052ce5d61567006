/** A track: voices → volume → pan → mute → meter. */
import type { Engine } from './engine'
import { Op } from './commands'
import { Param, ParamKind, type ParamHost, initialValue } from './param'
import { Sample, disposed } from './sample'
import { boolean, invalid, options, string } from './validate'
import { type StopOptions, type Voice, checkStop } from './voice'
import { type When, toFrame } from './when'

export interface TrackOptions {
  /** Default 'Track N'. */
  name?: string
  /** Linear gain 0…4, default 1. */
  volume?: number
  /** −1…1, default 0. */
  pan?: number
}

export interface PlayOptions {
  /** Default: the first frame of the next block. In the past: now, and counted late. */
  at?: When
  /** Linear, 0…16, default 1. */
  gain?: number
}

/** Levels, linear, one figure a channel. */
export interface Meter {
  peak: number[]
  rms: number[]
}

/** What a track needs of its engine beyond its parameters. */
export interface TrackHost extends ParamHost {
  newVoice(gain: number): Voice
  dropVoice(voice: Voice): void
  meter(track: number): Meter
}

export class Track {
  readonly #host: TrackHost
  readonly #engine: Engine
  readonly #id: number
  /** 0…4, default 1. */
  readonly volume: Param
  /** −1…1, default 0; constant power, unity at the centre. */
  readonly pan: Param
  #name: string
  #muted = false
  #soloed = false

  /** @internal */
  constructor(host: TrackHost, engine: Engine, id: number, name: string, volume: number, pan: number) {
    this.#host = host
    this.#engine = engine
    this.#id = id
    this.#name = name
    this.volume = new Param(host, ParamKind.TrackVolume, id, volume)
    this.pan = new Param(host, ParamKind.TrackPan, id, pan)
  }

  /** @internal */
  get engine(): Engine {
    return this.#engine
  }

  get name(): string {
    return this.#name
  }

  set name(name: string) {
    const before = this.#name
    this.#name = string('name', name)
    this.#host.commands.onAbort(() => (this.#name = before))
  }

  /** Silences the track over 5 ms. */
  get muted(): boolean {
    return this.#muted
  }

  set muted(on: boolean) {
    this.#host.ensureOpen()
    this.#host.commands.send(Op.Mute, this.#id, -1, boolean('muted', on) ? 1 : 0)
    const before = this.#muted
    this.#muted = on
    this.#host.commands.onAbort(() => (this.#muted = before))
  }

  /** Solo in place: while any track is soloed, only soloed ones are heard. */
  get soloed(): boolean {
    return this.#soloed
  }

  set soloed(on: boolean) {
    this.#host.ensureOpen()
    this.#host.commands.send(Op.Solo, this.#id, -1, boolean('soloed', on) ? 1 : 0)
    const before = this.#soloed
    this.#soloed = on
    this.#host.commands.onAbort(() => (this.#soloed = before))
  }

  /**
   * Plays a sample on this track.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE (disposed sample),
   *   ERR_QUEUE_FULL, ERR_CLOSED
   */
  play(sample: Sample, playOptions?: PlayOptions): Voice {
    const host = this.#host
    host.ensureOpen()
    if (!((sample as unknown) instanceof Sample)) throw invalid('sample', sample, 'a Sample')
    const given = options('play', playOptions, ['at', 'gain'])
    const gain = initialValue(ParamKind.VoiceGain, given.gain)
    const at = toFrame('at', given.at, host.sampleRate)
    if (sample.sampleRate !== host.sampleRate) {
      const allowed = `of the engine's rate, ${host.sampleRate} Hz`
      throw invalid('sample', `a sample of ${sample.sampleRate} Hz`, allowed)
    }
    if (sample.nativeId === 0) throw disposed()
    const voice = host.newVoice(gain)
    try {
      host.commands.send(Op.Play, voice.id, at, this.#id, sample.nativeId, gain)
    } catch (error) {
      host.dropVoice(voice)
      throw error
    }
    host.commands.onAbort(() => {
      host.dropVoice(voice)
    })
    return voice
  }

  /** Stops every voice that was played on this track before, those that still wait included. */
  stop(given?: StopOptions): void {
    this.#host.ensureOpen()
    const [at, fade] = checkStop(given, this.#host.sampleRate)
    this.#host.commands.send(Op.StopTrack, this.#id, at, fade)
  }

  /** Levels over the last 100 ms, after the fader; reading changes nothing. */
  meter(): Meter {
    this.#host.ensureOpen()
    return this.#host.meter(this.#id)
  }
}
