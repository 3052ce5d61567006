// Records only what somebody says: a file for each time, speech-0001.wav and so on, with what came just
// before it. `--out DIR` says where to, `--seconds N` how long to listen; Ctrl-C ends it too.
// Where there is no input, a generated voice speaks three times, with a tone and a hiss in between.
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Capture, Engine, render } from 'noxrun'

/** Seconds before each file's speech: a detector needs a moment to be sure. */
const BEFORE = 0.3

const { exp, cos, sin, max, abs, imul, PI } = Math
/** Formants of vowels, Hz. */
const VOWELS = { a: [730, 1090, 2440], e: [530, 1840, 2480], i: [270, 2290, 3010], o: [570, 840, 2410], u: [300, 870, 2240] }

/** Vowels in a row, as a throat makes them: pulses through resonances that move. */
function voice(vowels, pitch, rate) {
  const length = 0.17 * rate
  const memory = [[0, 0], [0, 0], [0, 0]]
  let phase = 0
  const samples = Float32Array.from({ length: Math.round(vowels.length * length) }, (_, n) => {
    const at = n / length
    const [here, next] = [VOWELS[vowels[Math.floor(at)]], VOWELS[vowels[Math.floor(at) + 1] ?? vowels[Math.floor(at)]]]
    const glide = max(0, (at % 1) * 2 - 1)
    phase += (pitch * (1.15 - (0.3 * at) / vowels.length)) / rate
    const pulse = phase >= 1 ? 1 : 0
    phase -= pulse
    return memory.reduce((sum, y, k) => {
      const frequency = here[k] + (next[k] - here[k]) * glide
      const r = exp((-PI * (60 + 40 * k)) / rate)
      const out = pulse + 2 * r * cos((2 * PI * frequency) / rate) * y[0] - r * r * y[1]
      ;[y[1], y[0]] = [y[0], out]
      return sum + (out * sin(PI * (at % 1)) ** 0.4) / (1 + k)
    }, 0)
  })
  const peak = samples.reduce((most, sample) => max(most, abs(sample)), 0)
  return samples.map((sample) => (0.4 * sample) / peak)
}

/** Speech, a tone, speech, a hiss, speech. */
function performance(rate) {
  let seed = 1
  const hiss = () => (seed = (imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 31 - 1
  const parts = [
    [0.6, voice('aoeuiaoe', 200, rate)],
    [2.6, Float32Array.from({ length: rate }, (_, n) => 0.2 * sin((2 * PI * 1000 * n) / rate))],
    [4.2, voice('oaeiuoaei', 190, rate)],
    [6.8, Float32Array.from({ length: rate }, () => 0.05 * hiss())],
    [8.8, voice('eoaiuoa', 175, rate)],
  ]
  const sound = new Float32Array(11 * rate)
  for (const [start, part] of parts) sound.set(part, Math.round(start * rate))
  return { channelData: [sound], sampleRate: rate }
}

/** Writes chunks that follow each other to a WAV file. */
async function save(chunks, file) {
  const { sampleRate, channels } = chunks[0]
  const frames = chunks.reduce((sum, chunk) => sum + chunk.frames, 0)
  const samples = new Float32Array(frames)
  let at = 0
  for (const chunk of chunks) {
    samples.set(chunk.samples, at)
    at += chunk.frames
  }
  await render({ duration: frames / sampleRate, sampleRate, channels, output: file }, async (engine) => {
    engine.createTrack().play(await engine.load({ channelData: [samples], sampleRate }))
  })
  const start = (chunks[0].frame / sampleRate).toFixed(2)
  console.log(`${path.basename(file)}  ${(frames / sampleRate).toFixed(2)} s, from ${start} s on`)
}

const { values } = parseArgs({ options: { out: { type: 'string', default: '.' }, seconds: { type: 'string' } } })
const capture = await Capture.open({ fallback: 'virtual', sampleRate: 16_000, voiceActivity: { hangover: 0.4 } })
const chunks = capture.chunks()
const stop = () => void capture.close()
process.once('SIGINT', stop)
if (values.seconds) setTimeout(stop, 1000 * Number(values.seconds)).unref()

let engine
if (capture.device.id.startsWith('virtual')) {
  // What is played there comes back.
  engine = await Engine.open({ device: 'virtual' })
  const sound = await engine.load(performance(engine.sampleRate))
  void engine.createTrack().play(sound).ended.then(stop)
}
console.log(`listening to ${capture.device.name}`)

const context = Math.ceil((BEFORE * capture.sampleRate) / 320)
let [before, spoken, count] = [[], undefined, 0]
const finish = async () => {
  count += 1
  await save(spoken, path.join(values.out, `speech-${String(count).padStart(4, '0')}.wav`))
  spoken = undefined
}
for await (const chunk of chunks) {
  // What came before a loss belongs to another sound.
  if (chunk.droppedBefore > 0) {
    if (spoken) await finish()
    before = []
  }
  if (chunk.speech) {
    spoken ??= before.splice(0)
    spoken.push(chunk)
  } else {
    if (spoken) await finish()
    before.push(chunk)
    if (before.length > context) before.shift()
  }
}
if (spoken) await finish()
await engine?.close()
const { dropped, lostByDevice } = capture.stats()
if (dropped + lostByDevice > 0) console.error(`lost on the way: ${dropped} samples, and ${lostByDevice} frames by the device`)
console.log(`heard ${count === 1 ? 'somebody once' : `somebody ${count} times`}`)
