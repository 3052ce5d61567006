// Written by scripts/generate.mjs from the table of operations (crates/session/src/operation/mod.rs): do
// not edit. Each method writes a record of plain numbers and submits it.
import type { Step } from '../automation'
import type { Time } from '../when'

const NONE = -1

/** A part, the end excluded. */
export interface Range {
  readonly start: number
  readonly end: number
}

function writeNumbers(r: Float64Array, from: number, numbers: readonly number[]): void {
  r.set(numbers, from)
}

function writePoints(r: Float64Array, from: number, points: readonly Step[]): void {
  let place = from
  for (const { time, value, curve } of points) {
    r[place++] = time.at
    r[place++] = time.kind
    r[place++] = value
    r[place++] = curve
  }
}

/** Every operation that an engine takes. */
export abstract class Operations {
  /** The record that is written next, with room for `length` numbers. */
  protected abstract open(length: number): Float64Array

  /** Submits the record. Returns the key of what it makes; 0 where it makes nothing. */
  protected abstract submit(): number

  /**
   * Puts a track into service, at once.
   * @param track Its id.
   * @param output The track that it feeds.
   * @param volume Linear gain.
   * @param pan Left to right.
   */
  addTrack(track: number, output: number, volume: number, pan: number): number {
    const r = this.open(5)
    r[0] = 0
    r[1] = track
    r[2] = output
    r[3] = volume
    r[4] = pan
    return this.submit()
  }

  /**
   * Fades a track out over 10 ms and takes it out of service. What fed it feeds what it fed; sends to it end.
   * @param track The track.
   */
  removeTrack(track: number): number {
    const r = this.open(2)
    r[0] = 1
    r[1] = track
    return this.submit()
  }

  /**
   * Lets a track feed another one than before, crossfading over 10 ms.
   * @param track The track.
   * @param to The track that it feeds.
   */
  route(track: number, to: number): number {
    const r = this.open(3)
    r[0] = 2
    r[1] = track
    r[2] = to
    return this.submit()
  }

  /**
   * Lets a track feed one more, after its fader.
   * @param send The new send.
   * @param from The track that feeds.
   * @param to The track that is fed.
   * @param gain Linear gain.
   */
  addSend(send: number, from: number, to: number, gain: number): number {
    const r = this.open(5)
    r[0] = 3
    r[1] = send
    r[2] = from
    r[3] = to
    r[4] = gain
    return this.submit()
  }

  /**
   * Fades a send out over 10 ms and ends it.
   * @param send The send.
   */
  removeSend(send: number): number {
    const r = this.open(2)
    r[0] = 4
    r[1] = send
    return this.submit()
  }

  /**
   * Puts an effect into a track's chain, crossfading over 10 ms.
   * @param effect The new effect.
   * @param track The track.
   * @param index Its place in the chain; none: the last.
   * @param bypass Whether it begins bypassed.
   * @param kind Place of its kind among the kinds of effects.
   * @param variant Place of its variant among the kind's; 0 where it has none.
   * @param values Value of each of its parameters.
   */
  addEffect(effect: number, track: number, index: number | undefined, bypass: boolean, kind: number, variant: number, values: readonly number[]): number {
    const r = this.open(8 + 1 * values.length)
    r[0] = 5
    r[1] = effect
    r[2] = track
    r[3] = index ?? NONE
    r[4] = bypass ? 1 : 0
    r[5] = kind
    r[6] = variant
    r[7] = values.length
    writeNumbers(r, 8, values)
    return this.submit()
  }

  /**
   * Moves an effect within its chain.
   * @param effect The effect.
   * @param index Its place afterwards.
   */
  moveEffect(effect: number, index: number): number {
    const r = this.open(3)
    r[0] = 6
    r[1] = effect
    r[2] = index
    return this.submit()
  }

  /**
   * Takes an effect out of its chain.
   * @param effect The effect.
   */
  removeEffect(effect: number): number {
    const r = this.open(2)
    r[0] = 7
    r[1] = effect
    return this.submit()
  }

  /**
   * Takes every effect out of a track's chain.
   * @param track The track.
   */
  clearEffects(track: number): number {
    const r = this.open(2)
    r[0] = 8
    r[1] = track
    return this.submit()
  }

  /**
   * Bypasses an effect, or no longer, crossfading over 10 ms.
   * @param effect The effect.
   * @param on Whether it is bypassed.
   * @param at When.
   */
  bypass(effect: number, on: boolean, at: Time): number {
    const r = this.open(5)
    r[0] = 9
    r[1] = effect
    r[2] = on ? 1 : 0
    r[3] = at.at
    r[4] = at.kind
    return this.submit()
  }

  /**
   * Lets an input that was opened before sound on a track, before its effects, fading in over 10 ms.
   * @param input The input.
   * @param track The track.
   * @param gain Linear gain.
   */
  addInput(input: number, track: number, gain: number): number {
    const r = this.open(4)
    r[0] = 10
    r[1] = input
    r[2] = track
    r[3] = gain
    return this.submit()
  }

  /**
   * Fades an input out over 10 ms and ends it.
   * @param input The input.
   */
  removeInput(input: number): number {
    const r = this.open(2)
    r[0] = 11
    r[1] = input
    return this.submit()
  }

  /**
   * Silences a track over 5 ms, or lets it sound.
   * @param track The track.
   * @param on Whether it is muted.
   */
  mute(track: number, on: boolean): number {
    const r = this.open(3)
    r[0] = 12
    r[1] = track
    r[2] = on ? 1 : 0
    return this.submit()
  }

  /**
   * Solo in place.
   * @param track The track.
   * @param on Whether it is soloed.
   */
  solo(track: number, on: boolean): number {
    const r = this.open(3)
    r[0] = 13
    r[1] = track
    r[2] = on ? 1 : 0
    return this.submit()
  }

  /**
   * Plays a sample.
   * @param voice The new voice.
   * @param track The track.
   * @param sample The sound, at the engine's rate.
   * @param gain Linear gain.
   * @param rate Playback speed.
   * @param offset Frame of the sound at which it begins.
   * @param length Frames of the sound that it plays, repetitions counted; none: to its end, or for ever.
   * @param repeat What it repeats, in frames of the sound, the end excluded.
   * @param fadeIn Engine frames over which it rises from silence.
   * @param fadeOut Engine frames over which it falls to silence at its end.
   * @param at When.
   */
  play(voice: number, track: number, sample: number, gain: number, rate: number, offset: number, length: number | undefined, repeat: Range | undefined, fadeIn: number, fadeOut: number, at: Time): number {
    const r = this.open(14)
    r[0] = 14
    r[1] = voice
    r[2] = track
    r[3] = sample
    r[4] = gain
    r[5] = rate
    r[6] = offset
    r[7] = length ?? NONE
    r[8] = repeat?.start ?? NONE
    r[9] = repeat?.end ?? NONE
    r[10] = fadeIn
    r[11] = fadeOut
    r[12] = at.at
    r[13] = at.kind
    return this.submit()
  }

  /**
   * Fades a voice out and ends it.
   * @param voice The voice.
   * @param fade Frames of the fade; 0 cuts.
   * @param at When.
   */
  stop(voice: number, fade: number, at: Time): number {
    const r = this.open(5)
    r[0] = 15
    r[1] = voice
    r[2] = fade
    r[3] = at.at
    r[4] = at.kind
    return this.submit()
  }

  /**
   * Stops every voice that was played on a track before.
   * @param track The track.
   * @param fade Frames of the fade; 0 cuts.
   * @param at When.
   */
  stopTrack(track: number, fade: number, at: Time): number {
    const r = this.open(5)
    r[0] = 16
    r[1] = track
    r[2] = fade
    r[3] = at.at
    r[4] = at.kind
    return this.submit()
  }

  /**
   * Pauses a voice.
   * @param voice The voice.
   * @param at When.
   */
  pause(voice: number, at: Time): number {
    const r = this.open(4)
    r[0] = 17
    r[1] = voice
    r[2] = at.at
    r[3] = at.kind
    return this.submit()
  }

  /**
   * Resumes a voice.
   * @param voice The voice.
   * @param at When.
   */
  resume(voice: number, at: Time): number {
    const r = this.open(4)
    r[0] = 18
    r[1] = voice
    r[2] = at.at
    r[3] = at.kind
    return this.submit()
  }

  /**
   * Lets a voice go on from another place of its sound.
   * @param voice The voice.
   * @param position Frame of the sound.
   * @param at When.
   */
  seekVoice(voice: number, position: number, at: Time): number {
    const r = this.open(5)
    r[0] = 19
    r[1] = voice
    r[2] = position
    r[3] = at.at
    r[4] = at.kind
    return this.submit()
  }

  /**
   * Moves a parameter.
   * @param kind Which.
   * @param value Where to.
   * @param ramp Frames of the ramp; 0 is at once.
   * @param curve Its shape.
   * @param at When it begins.
   */
  set(kind: number, owner: number, index: number, value: number, ramp: number, curve: number, at: Time): number {
    const r = this.open(9)
    r[0] = 20
    r[1] = kind
    r[2] = owner
    r[3] = index
    r[4] = value
    r[5] = ramp
    r[6] = curve
    r[7] = at.at
    r[8] = at.kind
    return this.submit()
  }

  /**
   * Moves a parameter so that it stands on each value at its time, from the point before.
   * @param kind Which.
   * @param points The points, in the order of their times: frames or beats.
   */
  automate(kind: number, owner: number, index: number, points: readonly Step[]): number {
    const r = this.open(5 + 4 * points.length)
    r[0] = 21
    r[1] = kind
    r[2] = owner
    r[3] = index
    r[4] = points.length
    writePoints(r, 5, points)
    return this.submit()
  }

  /**
   * Drops what is scheduled for a parameter from a time on, and holds it where it is then.
   * @param kind Which.
   * @param from From when on.
   */
  cancel(kind: number, owner: number, index: number, from: Time): number {
    const r = this.open(6)
    r[0] = 22
    r[1] = kind
    r[2] = owner
    r[3] = index
    r[4] = from.at
    r[5] = from.kind
    return this.submit()
  }

  /**
   * Sets the transport's tempo.
   * @param bpm Beats a minute.
   * @param at When.
   */
  tempo(bpm: number, at: Time): number {
    const r = this.open(4)
    r[0] = 23
    r[1] = bpm
    r[2] = at.at
    r[3] = at.kind
    return this.submit()
  }

  /**
   * Starts the transport.
   * @param at When.
   */
  startTransport(at: Time): number {
    const r = this.open(3)
    r[0] = 24
    r[1] = at.at
    r[2] = at.kind
    return this.submit()
  }

  /**
   * Stops the transport where it is.
   * @param at When.
   */
  stopTransport(at: Time): number {
    const r = this.open(3)
    r[0] = 25
    r[1] = at.at
    r[2] = at.kind
    return this.submit()
  }

  /**
   * Puts the transport on a beat. What waits for a beat that is skipped is dropped.
   * @param beat The beat.
   */
  seekTransport(beat: number): number {
    const r = this.open(2)
    r[0] = 26
    r[1] = beat
    return this.submit()
  }

  /**
   * Sets the transport's loop, or none.
   * @param range Start and end in beats, the end excluded.
   */
  loop(range: Range | undefined): number {
    const r = this.open(3)
    r[0] = 27
    r[1] = range?.start ?? NONE
    r[2] = range?.end ?? NONE
    return this.submit()
  }

  /**
   * Has the frame reported on which a time falls.
   * @param marker The new marker.
   * @param at When.
   */
  marker(marker: number, at: Time): number {
    const r = this.open(4)
    r[0] = 28
    r[1] = marker
    r[2] = at.at
    r[3] = at.kind
    return this.submit()
  }
}
