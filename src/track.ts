/** A track: voices → effects → volume → pan → mute → meter and sends → what it feeds. */
import * as binding from '#binding'
import { NoxrunError, native } from './errors'
import { type FxChain, TrackFx } from './fx'
import type { Capture } from './capture'
import type { Host } from './host'
import type { Input, InputOptions } from './input'
import { EngineMeter, OpenMeters, type Meter, type TrackMeter } from './meter'
import type { Mixer } from './mixer'
import { Param, ParamKind, type Ref } from './param'
import type { PcmReadable, ReadableOptions } from './pcm-stream'
import { type PlayOptions, checkPlay } from './play-options'
import type { RecordOptions, Recording } from './recording'
import type { Send } from './routing'
import type { Sample } from './sample'
import { boolean, string } from './validate'
import { type StopOptions, type Voice, checkStop } from './voice'

/** What `engine.createTrack` takes. */
export interface TrackOptions {
  /** Default 'Track N'. */
  name?: string
  /** Linear gain 0…4, default 1. */
  volume?: number
  /** −1…1, default 0. */
  pan?: number
  /** What it feeds; default: the master. */
  output?: Track
}

/**
 * A way through the mixer, with a fader. After `remove()` every method throws ERR_INVALID_STATE.
 */
export class Track {
  readonly #host: Host
  readonly #mixer: Mixer
  readonly #ref: Ref
  readonly #meters = new OpenMeters()
  /** 0…4, default 1. */
  readonly volume: Param
  /** −1…1, default 0; constant power, unity at the centre. */
  readonly pan: Param
  /** Its effects, before the fader. */
  readonly fx: FxChain
  #name: string
  #muted = false
  #soloed = false

  /** @internal */
  constructor(host: Host, mixer: Mixer, ref: Ref, name: string, volume: number, pan: number) {
    this.#host = host
    this.#mixer = mixer
    this.#ref = ref
    this.#name = name
    this.volume = new Param(host, { kind: ParamKind.TrackVolume, of: ref, value: volume })
    this.pan = new Param(host, { kind: ParamKind.TrackPan, of: ref, value: pan })
    this.fx = new TrackFx(host, ref.id, () => { this.#ensureThere() })
  }

  /** For people; it need not be unique. */
  get name(): string {
    return this.#name
  }

  /** @throws NoxrunError ERR_INVALID_ARG */
  set name(name: string) {
    const before = this.#name
    this.#name = string('name', name)
    this.#host.commands.onAbort(() => (this.#name = before))
  }

  /** Silences the track over 5 ms. */
  get muted(): boolean {
    return this.#muted
  }

  /** @throws NoxrunError ERR_INVALID_ARG, ERR_INVALID_STATE (it was removed), ERR_CLOSED */
  set muted(on: boolean) {
    this.#host.ensureOpen()
    this.#host.commands.mute(this.#ref.id, boolean('muted', on))
    const before = this.#muted
    this.#muted = on
    this.#host.commands.onAbort(() => (this.#muted = before))
  }

  /** Solo in place: while any track is soloed, only soloed ones and what they feed are heard. */
  get soloed(): boolean {
    return this.#soloed
  }

  /** @throws NoxrunError ERR_INVALID_ARG, ERR_INVALID_STATE (it was removed), ERR_CLOSED */
  set soloed(on: boolean) {
    this.#host.ensureOpen()
    this.#host.commands.solo(this.#ref.id, boolean('soloed', on))
    const before = this.#soloed
    this.#soloed = on
    this.#host.commands.onAbort(() => (this.#soloed = before))
  }

  /**
   * The track that it feeds after its fader, crossfaded over 10 ms; that of the master is itself.
   */
  get output(): Track {
    return this.#mixer.outputOf(this.#ref)
  }

  /**
   * @throws NoxrunError ERR_INVALID_ARG (a circle of outputs and sends, a track of another engine, the
   *   master's), ERR_INVALID_STATE (a track that was removed), ERR_QUEUE_FULL (maxEvents), ERR_CLOSED
   */
  set output(to: Track) {
    this.#host.ensureOpen()
    this.#ensureThere()
    if (this === this.#mixer.master) {
      throw new NoxrunError('ERR_INVALID_ARG', "the master's output cannot be set: it is what the engine plays")
    }
    this.#mixer.route(this.#ref, to)
  }

  /**
   * Feeds another track too, after the fader, at a gain of its own. At most 8 a track.
   * @throws NoxrunError ERR_LIMIT, ERR_INVALID_ARG (a circle of outputs and sends, a track of
   *   another engine), ERR_OUT_OF_RANGE, ERR_INVALID_STATE (a track that was removed), ERR_QUEUE_FULL
   *   (maxEvents), ERR_CLOSED
   */
  send(to: Track, gain?: number): Send {
    this.#host.ensureOpen()
    this.#ensureThere()
    return this.#mixer.send(this.#ref, to, gain)
  }

  /**
   * Lets a capture be heard on this track while it captures, through the track's effects. It ends
   * with `remove()`, its track, its capture (then it fades out) or its engine. The capture counts
   * it as a reader; several inputs may come from one capture, and several go to one track.
   * @throws NoxrunError ERR_INVALID_ARG (not a Capture of this thread), ERR_OUT_OF_RANGE,
   *   ERR_CLOSED (capture or engine), ERR_LIMIT, ERR_INVALID_STATE (a track that was removed; an
   *   offline rendering), ERR_QUEUE_FULL (maxEvents)
   */
  input(capture: Capture, inputOptions?: InputOptions): Input {
    const host = this.#host
    host.ensureOpen()
    this.#ensureThere()
    return host.inputs.create(host, this.#ref.id, capture, inputOptions)
  }

  /**
   * Plays a sample on this track.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE (disposed sample),
   *   ERR_QUEUE_FULL, ERR_CLOSED
   */
  play(sample: Sample, playOptions?: PlayOptions): Voice {
    const host = this.#host
    host.ensureOpen()
    const start = checkPlay(sample, playOptions, host.sampleRate)
    const voice = this.#mixer.newVoice(start)
    const drop = (): void => {
      const frame = binding.currentFrame(host.handle)
      host.voices.onEnded(voice.id, { frame, reason: 'stopped' })
    }
    const { at, gain, rate, offset, length, repeat, fadeIn, fadeOut } = start
    try {
      const track = this.#ref.id
      const { commands } = host
      voice.enter(commands.play(
        voice.id, track, sample.nativeId, gain, rate, offset, length, repeat, fadeIn, fadeOut, at,
      ))
    } catch (error) {
      drop()
      throw error
    }
    host.commands.onAbort(drop)
    return voice
  }

  /** Stops every voice that was played on this track before, those that still wait included. */
  stop(given?: StopOptions): void {
    this.#host.ensureOpen()
    const [at, fade] = checkStop(given, this.#host.sampleRate)
    this.#host.commands.stopTrack(this.#ref.id, fade, at)
  }

  /** Levels over the last 100 ms, after the fader; reading changes nothing. */
  meter(): Meter {
    this.#ensureThere()
    return native(() => binding.trackMeter(this.#host.handle, this.#ref.key))
  }

  /** A meter of one's own, which tells the levels since its own last read. */
  createMeter(): TrackMeter {
    this.#ensureThere()
    return this.#meters.add(new EngineMeter(this.#host, this.#ref.key, () => { this.#ensureThere() }))
  }

  /**
   * The sound of this track after its fader, from now on, as a stream of interleaved PCM.
   * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE, ERR_CLOSED
   */
  readable(options?: ReadableOptions): PcmReadable {
    this.#ensureThere()
    return this.#host.taps.readable(this.#ref.id, options)
  }

  /**
   * Records the sound of this track after its fader to a WAV or FLAC file from now on, off the
   * JavaScript thread.
   * @throws NoxrunError ERR_NOT_FOUND, ERR_ACCESS, ERR_IO, ERR_INVALID_ARG, ERR_INVALID_STATE,
   *   ERR_CLOSED; an AbortError when the signal is aborted already, before a file is made
   */
  record(path: string, options?: RecordOptions): Promise<Recording> {
    return this.#host.taps.record(() => { this.#ensureThere() }, this.#ref.id, path, options)
  }

  /**
   * Fades the track out over 10 ms and takes it out of the mixer: its voices end as 'stopped',
   * sends to it end, and the tracks that fed it feed what it fed. Calling it again does nothing.
   * @throws NoxrunError ERR_INVALID_STATE for the master, ERR_QUEUE_FULL (maxEvents), ERR_CLOSED
   */
  remove(): void {
    if (!this.#mixer.has(this.#ref)) return
    this.#host.ensureOpen()
    if (this === this.#mixer.master) {
      throw new NoxrunError('ERR_INVALID_STATE', 'the master cannot be removed')
    }
    this.#mixer.remove(this.#ref)
    // In a batch that comes to nothing the track stays, and so do they.
    this.#host.commands.afterwards(() => { this.#meters.close() }, () => {})
  }

  /** @throws NoxrunError ERR_INVALID_STATE when the track was removed; ERR_CLOSED */
  #ensureThere(): void {
    this.#mixer.ensureThere(this.#ref)
  }
}
