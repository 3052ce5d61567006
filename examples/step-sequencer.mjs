// A step sequencer: drums and a bass in a loop of one bar, half a bar written while the other half plays.
// `--render OUT.wav` writes a file instead of playing.
import { on } from 'node:events'
import { parseArgs } from 'node:util'
import { Engine, render } from 'noxrun'

const BARS = 8
const TEMPO = 112
/** From this bar on it goes faster. */
const LIFT = { bar: 4, tempo: 126 }
/** Every second step comes late by this part of a step. */
const SWING = 0.18
const STEPS = 16
const BEATS = 4

// x: loud, o: soft.
const drums = {
  kick: 'x...x...x...x.o.',
  snare: '....x..o....x..o',
  hat: 'x.o.x.oox.o.x.ox',
}
/** MIDI numbers; 0 is a rest. */
const bass = [33, 0, 33, 45, 0, 33, 0, 36, 38, 0, 38, 50, 0, 40, 43, 0]
const ROOT = 33

const { sin, exp, imul, PI } = Math
let seed = 1
/** Noise that is the same in every run. */
const noise = () => (seed = (imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 31 - 1
/** From −1 to 1, 55 times a second. */
const saw = (t) => 2 * ((55 * t) % 1) - 1

/** How long each sound is, in seconds, and what it is `t` seconds after its beginning. */
const recipes = {
  kick: [0.35, (t) => 0.8 * exp(-9 * t) * sin(2 * PI * (48 * t + 2.5 * (1 - exp(-32 * t))))],
  snare: [0.22, (t) => exp(-18 * t) * (0.25 * noise() + 0.2 * sin(2 * PI * 190 * t))],
  hat: [0.06, (t) => 0.12 * exp(-70 * t) * noise()],
  bass: [0.4, (t) => 0.25 * exp(-5 * t) * saw(t)],
}

/** A track for each sound, `hit` plays it; and a filter that takes the bass's brightness. */
async function setUp(engine) {
  const rate = engine.sampleRate
  const instruments = {}
  for (const [name, [seconds, recipe]] of Object.entries(recipes)) {
    const samples = Float32Array.from({ length: Math.round(seconds * rate) }, (_, i) => recipe(i / rate))
    const sample = await engine.load({ channelData: [samples], sampleRate: rate })
    const track = engine.createTrack({ name, pan: name === 'hat' ? 0.4 : 0 })
    // A sound that ends above zero clicks, if it is not faded.
    const hit = (options) => track.play(sample, { fadeOut: 0.01, ...options })
    instruments[name] = { track, hit }
  }
  const filter = instruments.bass.track.fx.add('filter', { type: 'lowpass', frequency: 200, q: 4 })
  engine.transport.tempo = TEMPO
  return { engine, instruments, cutoff: filter.params.frequency }
}

/**
 * Writes a half bar and returns its voices. Everything waits for its beat, whatever the tempo is by then.
 * @param half Its number, from 0.
 * @param bar Beat on which its bar begins.
 */
function write({ engine, instruments, cutoff }, half, bar) {
  const isSecond = half % 2 === 1
  const first = isSecond ? STEPS / 2 : 0
  const beatOf = (step) => bar + ((step + (step % 2) * SWING) * BEATS) / STEPS
  const voices = []
  for (let step = first; step < first + STEPS / 2; step++) {
    const at = { beat: beatOf(step) }
    for (const [name, line] of Object.entries(drums)) {
      if (line[step] !== '.') voices.push(instruments[name].hit({ at, gain: line[step] === 'x' ? 1 : 0.4 }))
    }
    // One sound for all notes: higher ones play it faster.
    if (bass[step] > 0) voices.push(instruments.bass.hit({ at, rate: 2 ** ((bass[step] - ROOT) / 12) }))
  }
  // The filter opens in the first half and closes in the second.
  cutoff.automate([
    { at: { beat: beatOf(first) }, value: isSecond ? 2400 : 200, curve: 'step' },
    { at: { beat: beatOf(first + 7) }, value: isSecond ? 200 : 2400, curve: 'exponential' },
  ])
  if (half === 2 * LIFT.bar) engine.transport.setTempo(LIFT.tempo, { at: { beat: bar } })
  engine.transport.marker(String(half), { beat: beatOf(first) })
  return voices
}

async function play() {
  const engine = await Engine.open({ fallback: 'virtual' })
  try {
    console.log(`playing on ${engine.device.name}`)
    const desk = await setUp(engine)
    const halves = on(engine, 'marker')
    engine.transport.loop = { start: 0, end: BEATS }
    let voices = write(desk, 0, 0)
    engine.transport.start()
    // A half bar has begun: write the next one, for which there is a second of time. What is written for beats
    // that have passed waits until the loop comes by them again.
    for await (const [{ name, frame }] of halves) {
      report(Number(name), frame / engine.sampleRate)
      const next = Number(name) + 1
      if (next === 2 * BARS) break
      voices = write(desk, next, 0)
    }
    await Promise.all(voices.map((voice) => voice.ended))
  } finally {
    await engine.close()
  }
}

/** A render answers no markers, since it does not wait for anybody: all bars are written ahead, without a loop. */
async function renderTo(output) {
  const duration = (LIFT.bar * BEATS * 60) / TEMPO + ((BARS - LIFT.bar) * BEATS * 60) / LIFT.tempo + 0.5
  const { frames, peak, loudness } = await render({ duration, output }, async (engine) => {
    const desk = await setUp(engine)
    engine.on('marker', ({ name, frame }) => { report(Number(name), frame / engine.sampleRate) })
    for (let half = 0; half < 2 * BARS; half++) write(desk, half, BEATS * Math.floor(half / 2))
    engine.transport.start()
  })
  console.log(`${output}: ${frames} frames, peak ${peak.toFixed(2)}, ${loudness.toFixed(1)} LUFS`)
}

function report(half, seconds) {
  if (half % 2 === 1) return
  const bar = half / 2
  console.log(`${seconds.toFixed(3).padStart(7)} s  bar ${bar + 1} of ${BARS}${bar === LIFT.bar ? ', faster' : ''}`)
}

const { render: output } = parseArgs({ options: { render: { type: 'string' } } }).values
await (output === undefined ? play() : renderTo(output))
