// Four generated pieces, each on a track of its own, crossfading into one another. `--render OUT.wav` writes a
// file instead of playing.
import { parseArgs } from 'node:util'
import { Engine, render } from 'noxrun'

/** Seconds. */
const LENGTH = 4.5
const CROSSFADE = 1.5

const { sin, exp, min, PI } = Math
const hertz = (note) => 440 * 2 ** ((note - 69) / 12)

// A timbre: what a note of `f` Hz sounds like, `t` seconds after it began. All begin softly, so nothing clicks.
const soft = (t, attack) => min(1, t / attack)
const wave = (f, t) => sin(2 * PI * f * t)
const sum = (values) => values.reduce((a, b) => a + b)
const bell = (f, t) => soft(t, 0.004) * exp(-2.5 * t) * sin(2 * PI * f * t + 1.2 * exp(-4 * t) * wave(3.5 * f, t))
const strings = (f, t) => 0.7 * soft(t, 0.5) * exp(-0.5 * t) * (wave(f, t) + wave(1.004 * f, t) + 0.3 * wave(2 * f, t))
const pluck = (f, t) => soft(t, 0.003) * sum([1, 2, 3, 4, 5].map((n) => (exp(-3 * n * t) * wave(n * f, t)) / n))
const organ = (f, t) => 0.9 * soft(t, 0.02) * exp(-1.5 * t) * sum([1, 2, 3, 6].map((n) => wave(n * f, t) / n))

/** Notes are MIDI numbers, one every `step` seconds, round and round; 60 is the middle C. */
const pieces = [
  { title: 'Morning bells', timbre: bell, pan: -0.4, step: 0.25, notes: [72, 76, 79, 84, 83, 79, 76, 74] },
  { title: 'Low tide', timbre: strings, pan: 0.3, step: 0.5, notes: [45, 52, 57, 60, 64, 59] },
  { title: 'Clockwork', timbre: pluck, pan: -0.2, step: 0.1875, notes: [57, 69, 64, 72, 60, 69, 64, 76] },
  { title: 'Last train', timbre: organ, pan: 0.2, step: 0.375, notes: [53, 60, 65, 69, 67, 60] },
]

/** A piece as samples: each note is added from its beginning on and rings to the end. */
function synthesise({ timbre, step, notes }, rate) {
  const samples = new Float32Array(Math.round(LENGTH * rate))
  for (let n = 0; n * step < LENGTH; n++) {
    const from = Math.round(n * step * rate)
    const frequency = hertz(notes[n % notes.length])
    for (let i = from; i < samples.length; i++) samples[i] += 0.25 * timbre(frequency, (i - from) / rate)
  }
  return samples
}

/** Schedules the whole playlist, `lead` seconds from now. Time is the engine's: no timer has to be on time. */
async function schedule(engine, lead) {
  const rate = engine.sampleRate
  const load = (piece) => engine.load({ channelData: [synthesise(piece, rate)], sampleRate: rate })
  // All of them first: once the first piece plays, nothing must be late.
  const samples = await Promise.all(pieces.map(load))
  const start = engine.currentTime + lead
  return pieces.map(({ title, pan }, i) => {
    const track = engine.createTrack({ name: title, pan })
    // Each fades in while the one before fades out, which it does by itself towards its end.
    const at = start + i * (LENGTH - CROSSFADE)
    const voice = track.play(samples[i], { at, fadeIn: i === 0 ? 0 : CROSSFADE, fadeOut: CROSSFADE })
    void voice.startedAt.then((frame) => {
      if (frame !== null) console.log(`${(frame / rate).toFixed(2).padStart(6)} s  ${title}`)
    })
    return voice
  })
}

async function play() {
  const engine = await Engine.open({ fallback: 'virtual' })
  try {
    console.log(`playing on ${engine.device.name}`)
    const voices = await schedule(engine, 0.1)
    await Promise.all(voices.map((voice) => voice.ended))
  } finally {
    await engine.close()
  }
}

async function renderTo(output) {
  const duration = pieces.length * (LENGTH - CROSSFADE) + CROSSFADE
  const { frames, peak, loudness } = await render({ duration, output }, async (engine) => {
    await schedule(engine, 0)
  })
  console.log(`${output}: ${frames} frames, peak ${peak.toFixed(2)}, ${loudness.toFixed(1)} LUFS`)
}

const { render: output } = parseArgs({ options: { render: { type: 'string' } } }).values
await (output === undefined ? play() : renderTo(output))
