/** The demo's piece: four tracks in A minor, 120 beats a minute, as notes and moves in seconds. */
import type { PcmData } from '../sample'
import { bass, bell, chord, clap, hat, kick } from './demo-synth'

export const PARTS = ['bass', 'chords', 'lead', 'drums'] as const
export type Part = (typeof PARTS)[number]

/** A sound at a time. */
export interface Note {
  part: Part
  /** Key of `Piece.sounds`. */
  sound: string
  /** Seconds from the beginning. */
  at: number
  gain: number
}

/** A fader or pan knob on its way to a value. */
export interface Move {
  part: Part
  param: 'volume' | 'pan'
  at: number
  value: number
  /** Seconds. */
  ramp: number
}

export interface Piece {
  seconds: number
  notes: Note[]
  moves: Move[]
  /** How each sound is made, at a rate. */
  sounds: ReadonlyMap<string, (rate: number) => PcmData>
}

const BEAT = 0.5
const SIXTEENTH = BEAT / 4
const BAR = 4 * BEAT
/** The last chord comes this long before the end, and everything else stops there. */
const FINAL = 2 * BEAT

interface Harmony {
  root: number
  chord: readonly number[]
}

/** MIDI keys. Each chord shares notes with the one before: the hands hardly move. */
const A_MINOR: Harmony = { root: 33, chord: [57, 60, 64, 71] }
const PROGRESSION: readonly Harmony[] = [
  A_MINOR,
  { root: 29, chord: [57, 60, 64, 69] },
  { root: 36, chord: [55, 60, 64, 71] },
  { root: 31, chord: [55, 59, 62, 69] },
]

/** Sixteenths of a bar, semitones above the root, gain. */
const BASS_LINE = [[0, 0, 1], [3, 0, 0.7], [6, 12, 0.6], [8, 0, 0.9], [11, 7, 0.7], [14, 12, 0.6]] as const
/** Which note of the chord (4 to 7: an octave higher) sounds on each sixteenth; -1 is a rest. */
const ARPEGGIO = [0, 2, 4, 1, 3, 5, -1, 2, 6, 3, 5, 1, 7, -1, 4, 2] as const
const ECHO = { delay: 3 * SIXTEENTH, gain: 0.3 }
const HATS = [0.5, 0.25, 1, 0.25] as const

/** Writes the piece for a length in seconds; eight are four bars. */
export function compose(seconds: number): Piece {
  const sounds = new Map<string, (rate: number) => PcmData>()
  const notes: Note[] = []
  // A length too short for an ending just fades.
  const hasEnding = seconds >= 2 * FINAL
  const end = hasEnding ? seconds - FINAL : seconds
  const add = (part: Part, at: number, gain: number, sound: string, make: (rate: number) => PcmData): void => {
    if (at >= end - 1e-9) return
    sounds.set(sound, make)
    notes.push({ part, sound, at, gain })
  }
  for (let bar = 0; bar * BAR < end; bar++) {
    const harmony = PROGRESSION[bar % PROGRESSION.length] ?? A_MINOR
    writeBar(harmony, bar * BAR, add)
  }
  if (hasEnding) {
    sounds.set('final chord', (rate) => chord(rate, [45, ...A_MINOR.chord, 76], FINAL))
    sounds.set('final bass', (rate) => bass(rate, A_MINOR.root))
    notes.push({ part: 'chords', sound: 'final chord', at: end, gain: 1 })
    notes.push({ part: 'bass', sound: 'final bass', at: end, gain: 1 })
  }
  return { seconds, notes, moves: writeMoves(seconds), sounds }
}

type Add = (part: Part, at: number, gain: number, sound: string, make: (rate: number) => PcmData) => void

function writeBar(harmony: Harmony, start: number, add: Add): void {
  const at = (sixteenth: number): number => start + sixteenth * SIXTEENTH
  for (const [step, interval, gain] of BASS_LINE) {
    const key = harmony.root + interval
    add('bass', at(step), gain, `bass ${key}`, (rate) => bass(rate, key))
  }
  const keys = harmony.chord
  add('chords', start, 0.8, `chord ${keys.join(' ')}`, (rate) => chord(rate, keys, BAR + 0.3))
  for (const [step, index] of ARPEGGIO.entries()) {
    const note = keys[index % keys.length]
    if (index < 0 || note === undefined) continue
    const key = note + (index < keys.length ? 12 : 24)
    const gain = step % 4 === 0 ? 0.6 : 0.45
    const make = (rate: number): PcmData => bell(rate, key)
    add('lead', at(step), gain, `bell ${key}`, make)
    add('lead', at(step) + ECHO.delay, gain * ECHO.gain, `bell ${key}`, make)
  }
  for (let step = 0; step < 16; step++) {
    const isOpen = step === 14
    const gain = HATS[step % HATS.length] ?? 0
    if (isOpen) add('drums', at(step), 0.5, 'open hat', (rate) => hat(rate, 0.3))
    else add('drums', at(step), 0.5 * gain, 'hat', (rate) => hat(rate, 0.06))
    if (step % 4 === 0) add('drums', at(step), 0.7, 'kick', kick)
    if (step % 8 === 4) add('drums', at(step), 0.35, 'clap', clap)
  }
}

/** The lead wanders, the chords swell and breathe, the drums come in from afar. */
function writeMoves(seconds: number): Move[] {
  const moves: Move[] = [{ part: 'drums', param: 'volume', at: 0, value: 0.6, ramp: Math.min(BAR, seconds) }]
  for (let bar = 0; bar * BAR < seconds; bar++) {
    const at = bar * BAR
    const side = bar % 2 === 0 ? 1 : -1
    moves.push(
      { part: 'lead', param: 'pan', at, value: 0.7 * side, ramp: BAR },
      { part: 'chords', param: 'pan', at, value: -0.25 * side, ramp: BAR },
      { part: 'chords', param: 'volume', at, value: 0.4, ramp: BEAT },
      { part: 'chords', param: 'volume', at: at + BEAT, value: 0.75, ramp: BAR - BEAT },
    )
  }
  return moves
}

/** Where the faders and knobs stand at the beginning. */
export const SETTINGS: Readonly<Record<Part, { volume: number; pan: number }>> = {
  bass: { volume: 0.6, pan: 0 },
  chords: { volume: 0.4, pan: 0.25 },
  lead: { volume: 0.45, pan: -0.7 },
  drums: { volume: 0.3, pan: 0.1 },
}
