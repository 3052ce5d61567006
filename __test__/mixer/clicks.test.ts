// No clicks: whatever is switched, a steady sine bends no more than the ramps of the contract explain.
//
// The bend of a signal is its greatest second difference. That of a sine of amplitude A and angular
// frequency w a frame is at most D = 4 A sin²(w/2). Times a gain g that moves by at most 1/n a frame,
//   Δ²(g x)[k] = g[k] Δ²x[k] + (g[k+1] − g[k]) x[k+1] − (g[k] − g[k−1]) x[k−1],
// it is at most D + 2A/n, where the ramp begins, ends and turns too. Where m such gains are at work
// at once, on copies that are added or one after another, it is at most m times that: a crossfade
// over n frames between two signals stays within 2D + 4A/n. A cut of the same sine bends it by Aw at
// its zero crossings and more everywhere else, several times as much.
import test from 'ava'
import type { EngineOptions, Sample, Voice } from '../../index'
import { RATE, channel } from '../playback/stage'
import { FADE, GATE, type PlayingStage, RAMP, filtered, joined, playing, sine } from './stage-mixer'

const A = 0.4
const W = (2 * Math.PI * 440) / RATE
const SOUND = sine(96_000, 440, A)
/** What f32 rounds: four samples of half a step each. */
const ROUNDING = 4 * 2 ** -25

function bend(signal: ArrayLike<number>): number {
  let most = 0
  for (let n = 1; n + 1 < signal.length; n++) {
    const second = (signal[n + 1] ?? 0) - 2 * (signal[n] ?? 0) + (signal[n - 1] ?? 0)
    most = Math.max(most, Math.abs(second))
  }
  return most
}

function sineBend(amplitude: number, w: number): number {
  return 4 * amplitude * Math.sin(w / 2) ** 2
}

/** The bound above, for `gains` gains that move over `frames` frames. */
function explained(gains: number, frames: number, steady = sineBend(A, W), peak = A): number {
  return gains * (steady + (2 * peak) / frames) + ROUNDING
}

/** A low-pass that begins at rest, at any phase of the sine: its bend and its peak. */
function onset(values: { frequency: number; q: number }): { steady: number; peak: number } {
  let [steady, peak] = [0, 0]
  for (let phase = 0; phase < 110; phase++) {
    const wet = filtered(SOUND.subarray(phase, phase + 2000), 'lowpass', () => ({ ...values, gainDb: 0 }))
    // It comes out of nothing.
    steady = Math.max(steady, bend([0, 0, ...wet]))
    peak = Math.max(peak, ...wet.map(Math.abs))
  }
  return { steady: Math.max(steady, sineBend(A, W)), peak: Math.max(peak, A) }
}

const LOWPASS = { frequency: 700, q: 0.6 }
const WET = onset(LOWPASS)

type Switch = () => void

interface Case {
  bound: number
  options?: EngineOptions
  /** Nothing of it is to be heard. */
  isSilent?: boolean
  begin: (on: PlayingStage, sound: Sample) => [Switch, Switch]
}

const FADED = { fadeIn: 0.01 }

const CASES: Record<string, Case> = {
  'bypass of a gain': {
    bound: explained(2, FADE),
    begin: ({ track }) => {
      const effect = track.fx.add('gain', { gainDb: -12 })
      return [() => (effect.bypass = true), () => (effect.bypass = false)]
    },
  },
  'bypass of a filter': {
    bound: explained(2, FADE, WET.steady, WET.peak),
    begin: ({ track }) => {
      const effect = track.fx.add('filter', LOWPASS)
      return [() => (effect.bypass = true), () => (effect.bypass = false)]
    },
  },
  'adding and removing a gain': {
    bound: explained(2, FADE),
    begin: ({ track: { fx } }) => [() => fx.add('gain', { gainDb: -20 }), () => { fx.at(0)?.remove() }],
  },
  'adding and removing a filter': {
    // One that is on its way out and one on its way in.
    bound: explained(3, FADE, WET.steady, WET.peak),
    begin: ({ track: { fx } }) => [() => fx.add('filter', LOWPASS), () => { fx.at(0)?.remove() }],
  },
  'clearing a chain': {
    bound: explained(6, FADE),
    begin: ({ track: { fx } }) => [
      () => { for (let i = 0; i < 3; i++) fx.add('gain', { gainDb: -4 }) },
      () => { fx.clear() },
    ],
  },
  'moving a filter': {
    bound: explained(2, FADE, WET.steady, WET.peak),
    begin: ({ track: { fx } }) => {
      const filter = fx.add('filter', LOWPASS)
      fx.add('gain', { gainDb: -3 })
      return [() => { fx.move(filter, 1) }, () => { fx.move(filter, 0) }]
    },
  },
  'stop and play with a fade': {
    bound: explained(2, FADE),
    begin: ({ track, voice }, sound) => {
      let last = voice
      return [() => { last.stop() }, () => (last = track.play(sound, FADED))]
    },
  },
  'pause and resume': {
    bound: explained(3, FADE),
    begin: ({ voice }) => [() => { voice.pause() }, () => { voice.resume() }],
  },
  seek: {
    bound: explained(3, FADE),
    begin: ({ voice }) => [() => { voice.seek(0.3003) }, () => { voice.seek(1.1701) }],
  },
  'removing a track': {
    bound: explained(2, FADE),
    begin: ({ engine, track }, sound) => {
      let last = track
      return [() => { last.remove() }, () => {
        last = engine.createTrack()
        last.play(sound, FADED)
      }]
    },
  },
  'removing a bus': {
    // The bus, its input and the way round it.
    bound: explained(4, FADE),
    begin: ({ engine, track }) => {
      const through = (): void => { track.output = engine.createTrack({ volume: 0.5 }) }
      through()
      return [() => { track.output.remove() }, through]
    },
  },
  're-routing': {
    bound: explained(3, FADE),
    begin: ({ engine, track }) => {
      const bus = engine.createTrack({ volume: 0.25 })
      return [() => (track.output = bus), () => (track.output = engine.master)]
    },
  },
  'adding and removing a send': {
    bound: explained(3, FADE),
    begin: ({ engine, track }) => {
      const bus = engine.createTrack({ volume: 0.5 })
      let send = track.send(bus)
      return [() => { send.remove() }, () => (send = track.send(bus))]
    },
  },
  mute: {
    bound: explained(1, GATE),
    begin: ({ track }) => [() => (track.muted = true), () => (track.muted = false)],
  },
  'solo of another track': {
    bound: explained(1, GATE),
    begin: ({ engine }) => {
      const other = engine.createTrack()
      return [() => (other.soloed = true), () => (other.soloed = false)]
    },
  },
  volume: {
    bound: explained(1, RAMP),
    begin: ({ track }) => [() => (track.volume.value = 0), () => (track.volume.value = 1)],
  },
  pan: {
    // √2·cos moves by at most √2·π/4 times what the pan does.
    bound: explained(1.2, RAMP),
    begin: ({ track }) => [() => (track.pan.value = 1), () => (track.pan.value = 0)],
  },
  'gain in dB': {
    // 6 dB in equal steps: at most 6·ln(10)/20 = 0.69 of a step of 1.
    bound: explained(1, RAMP),
    begin: ({ track }) => {
      const { gainDb } = track.fx.add('gain').params
      return [() => (gainDb.value = -6), () => (gainDb.value = 0)]
    },
  },
  'rate of a voice': {
    // The frequency is twice as high, and w moves by w/240 a frame, times the phase's own slope.
    bound: sineBend(A, 2 * W) + (2 * A * W) / RAMP + 1e-4,
    begin: ({ voice }) => [() => (voice.rate.value = 2), () => (voice.rate.value = 1)],
  },
  'a voice that is stolen': {
    bound: explained(3, GATE),
    options: { maxVoices: 1 },
    begin: ({ track }, sound) => {
      const play = (): Voice => track.play(sound, { ...FADED, offset: 0.0311 })
      return [play, play]
    },
  },
  tempo: {
    bound: sineBend(A, W) + ROUNDING,
    isSilent: true,
    begin: ({ engine: { transport } }) => {
      transport.start()
      return [() => (transport.tempo = 300), () => (transport.tempo = 77)]
    },
  },
}

for (const [name, { bound, options, isSilent = false, begin }] of Object.entries(CASES)) {
  test(`${name} does not click`, async (t) => {
    const on = await playing(t, SOUND, options)
    const [there, back] = begin(on, on.sound)
    const parts = [channel(await on.play(1000), 0)]
    // After the crossfade, and in the middle of it; 109 frames a period: at every phase.
    for (const frames of [701, 250]) {
      for (let i = 0; i < 16; i++) {
        const change = i % 2 === 0 ? there : back
        change()
        parts.push(channel(await on.play(frames), 0))
      }
    }
    const heard = joined(parts)
    const most = bend(heard)
    t.true(most <= bound, `${most} is more than ${bound}`)
    const isHeard = heard.some((x, n) => n >= 1000 && Math.abs(x - (SOUND[n] ?? 0)) > A / 10)
    t.is(isHeard, !isSilent)
    // Not one of the bounds would let a cut through, not even at a zero crossing.
    t.true(bound < (A * W) / 1.2, `${bound}`)
  })
}

test('a cut that was asked for is seen by this measure', async (t) => {
  for (const at of [1000, 1027, 1054, 1091]) {
    const { voice, play } = await playing(t, SOUND)
    voice.stop({ at: { frame: at }, fade: 0 })
    t.true(bend(channel(await play(2000), 0)) > (A * W) / 1.2)
  }
})
