// Sounds that are speech, from a synthesizer that is not the project's, and sounds that are none.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { noise } from '../support/signal'
import { readWav } from './wav'

/** What the synthesizer speaks at. */
export const RATE = 22_050

/** Whether the synthesizer is installed; without it what needs real speech is skipped. */
export const canSpeak = ((): boolean => {
  try {
    execFileSync('espeak-ng', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export const SENTENCE = 'Please record only the parts in which somebody speaks, and leave out the silence between the sentences.'

/** A sentence, its highest sample at `peak`, between `before` and `after` seconds of silence. */
export function said(text: string, voice: string, peak = 0.7, before = 0.5, after = 1): Float32Array {
  const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-said-'))
  try {
    const file = path.join(dir, 'said.wav')
    execFileSync('espeak-ng', ['-v', voice, '-s', '150', '-w', file, text], { stdio: 'ignore' })
    const { values, sampleRate, channels } = readWav(file)
    if (sampleRate !== RATE || channels !== 1) throw new Error(`spoken at ${sampleRate} Hz`)
    const most = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    const sound = new Float32Array(Math.round(before * RATE) + values.length + Math.round(after * RATE))
    sound.set(Float32Array.from(values, (value) => (value / most) * peak), Math.round(before * RATE))
    return sound
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const { PI, exp, sin } = Math

/** `seconds` of what a function of time gives. */
function made(seconds: number, at: (t: number, n: number) => number): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * RATE) }, (_, n) => at(n / RATE, n))
}

/** A chord that stands still, as an organ's. */
const chord = (t: number): number => [261.63, 329.63, 392].reduce((sum, f) => sum + 0.1 * sin(2 * PI * f * t), 0)

/** A bass drum on every beat and a snare after each, without a pitch that sings. */
function drums(t: number, hiss: number): number {
  const beat = t % 0.5
  const kick = 0.7 * exp(-12 * beat) * sin(2 * PI * (50 * beat + 3 * (1 - exp(-30 * beat))))
  const snare = beat < 0.25 ? 0 : 0.3 * exp(-20 * (beat - 0.25)) * hiss
  return kick + snare
}

const white = noise(8 * RATE, 5)
const hiss = (n: number): number => (white[n] ?? 0) / 0.9

/** Noise that falls by 6 dB an octave: wind, rumble. */
function brown(): Float32Array {
  let level = 0
  return made(8, (_, n) => (level = 0.995 * level + 0.03 * hiss(n)))
}

/** What the detector mistakes at times: harmonies that come and go. */
export const music = made(8, (t, n) => 0.6 * (chord(t) + drums(t, hiss(n))))

/** Eight seconds of each. */
export const notSpeech: Readonly<Record<string, Float32Array>> = {
  silence: new Float32Array(8 * RATE),
  'white noise': made(8, (_, n) => 0.2 * hiss(n)),
  'quiet white noise': made(8, (_, n) => 0.001 * hiss(n)),
  rumble: brown(),
  'a tone of 440 Hz': made(8, (t) => 0.3 * sin(2 * PI * 440 * t)),
  'a tone of 1 kHz': made(8, (t) => 0.7 * sin(2 * PI * 1000 * t)),
  'hum of 50 Hz': made(8, (t) => 0.3 * sin(2 * PI * 50 * t) + 0.1 * sin(2 * PI * 150 * t)),
  'a saw of 110 Hz': made(8, (t) => 0.3 * (2 * ((110 * t) % 1) - 1)),
  'a chord': made(8, chord),
  drums: made(8, (t, n) => drums(t, hiss(n))),
  'ticks of a clock': made(8, (t, n) => (t % 0.5 < 0.01 ? 0.7 * hiss(n) : 0)),
}
