// The examples, as a newcomer would run them: what they print, and what is in the files that they render.
import { execFile } from 'node:child_process'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Wav, readWav } from '../capture/wav'
import { inFolder, useFolder } from './run'

useFolder(test)

const RATE = 48_000

interface Outcome {
  status: number | null
  stdout: string
  stderr: string
}

/** Runs an example to its end, where neither ALSA nor JACK leads anywhere. */
function example(name: string, ...args: string[]): Promise<Outcome> {
  const env = {
    ...process.env,
    ALSA_CONFIG_PATH: inFolder('empty-asound.conf'),
    JACK_DEFAULT_SERVER: `none-${process.pid}`,
    JACK_NO_START_SERVER: '1',
  }
  return new Promise((resolve) => {
    const command = [path.resolve('examples', `${name}.mjs`), ...args]
    const child = execFile(process.execPath, command, { env, timeout: 90_000 }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr })
    })
  })
}

test.before('no devices', () => writeFile(inFolder('empty-asound.conf'), ''))

/** Renders an example and checks what all such files have in common. */
async function rendered(t: ExecutionContext, name: string): Promise<{ lines: string[]; wav: Wav }> {
  const file = inFolder(`${name}.wav`)
  const { status, stdout, stderr } = await example(name, '--render', file)
  t.is(status, 0, stderr)
  t.is(stderr, '')
  const wav = readWav(file)
  t.like(wav, { format: 'f32', channels: 2, sampleRate: RATE })
  const lines = stdout.trimEnd().split('\n')
  const last = /: (\d+) frames, peak (\d\.\d\d), (-?\d+\.\d) LUFS$/.exec(lines.at(-1) ?? '')
  t.is(Number(last?.[1]), wav.frames)
  const peak = wav.values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  t.is(last?.[2], peak.toFixed(2))
  t.true(peak > 0.3 && peak < 0.98, `loud, and not clipped: ${peak}`)
  const loudness = Number(last?.[3])
  t.true(loudness > -24 && loudness < -10, `${loudness} LUFS`)
  return { lines, wav }
}

const left = (wav: Wav, frame: number): number => wav.values[2 * frame] ?? NaN
const right = (wav: Wav, frame: number): number => wav.values[2 * frame + 1] ?? NaN

const PIECES = ['Morning bells', 'Low tide', 'Clockwork', 'Last train']

test('playlist renders four pieces that begin three seconds apart', async (t) => {
  const { lines, wav } = await rendered(t, 'playlist')
  t.deepEqual(lines.slice(0, -1), PIECES.map((title, i) => `  ${(3 * i).toFixed(2)} s  ${title}`))
  // Four pieces of 4.5 s, each overlapping the next one by 1.5 s.
  t.is(wav.frames, 13.5 * RATE)
  // The last fade-out stands on 0 on its last frame.
  t.is(left(wav, wav.frames - 1), 0)
  t.is(right(wav, wav.frames - 1), 0)

  // Between the crossfades one piece is alone, and its pan says which: the channels are as cos to sin.
  for (const [i, [from, to, pan]] of ([[0, 3, -0.4], [4.5, 6, 0.3], [7.5, 9, -0.2], [10.5, 13.5, 0.2]] as const).entries()) {
    const angle = ((pan + 1) * Math.PI) / 4
    let [furthest, loudest] = [0, 0]
    for (let frame = from * RATE; frame < to * RATE; frame++) {
      const [l, r] = [left(wav, frame), right(wav, frame)]
      furthest = Math.max(furthest, Math.abs(l * Math.sin(angle) - r * Math.cos(angle)))
      loudest = Math.max(loudest, Math.abs(l))
    }
    t.true(furthest < 1e-6, `${PIECES[i]} alone: ${furthest}`)
    t.true(loudest > 0.1, `${PIECES[i]}: ${loudest}`)
  }
})

test('playlist crossfades without a click', async (t) => {
  const { wav } = await rendered(t, 'playlist')
  const bend = (frame: number): number =>
    Math.abs(left(wav, frame - 1) - 2 * left(wav, frame) + left(wav, frame + 1))
  const sharpest = (from: number, to: number): number => {
    let max = 0
    for (let frame = from; frame < to; frame++) max = Math.max(max, bend(frame))
    return max
  }
  // A fade that began or ended with a jump would bend the wave more than the music around it does.
  for (const seconds of [3, 4.5, 6, 7.5, 9, 10.5, 12]) {
    const edge = seconds * RATE
    const around = Math.max(sharpest(edge - 240, edge - 2), sharpest(edge + 3, edge + 240))
    t.true(sharpest(edge - 2, edge + 3) <= around, `${seconds} s: ${sharpest(edge - 2, edge + 3)} against ${around}`)
  }
})

// What the sequencer plays, written down once more.
const HAT = 'x.o.x.oox.o.x.ox'
const SWING = 0.18
const [SLOW, FAST] = [112, 126]

/** Eight bars of four beats; the tempo changes on beat 16. */
function frameOf(beat: number): number {
  const slow = (Math.min(beat, 16) * 60 * RATE) / SLOW
  return Math.round(slow + (Math.max(0, beat - 16) * 60 * RATE) / FAST)
}

test('step-sequencer renders every hat on the frame of its beat, swing and tempo change included', async (t) => {
  const { lines, wav } = await rendered(t, 'step-sequencer')
  const bars = Array.from({ length: 8 }, (_, bar) => bar)
  const line = (bar: number): string =>
    `${(frameOf(4 * bar) / RATE).toFixed(3).padStart(7)} s  bar ${bar + 1} of 8${bar === 4 ? ', faster' : ''}`
  t.deepEqual(lines.slice(0, -1), bars.map(line))
  const duration = (16 * 60) / SLOW + (16 * 60) / FAST + 0.5
  t.is(wav.frames, Math.round(duration * RATE))

  // All but the hat stand in the middle, where the channels are equal bit for bit: they differ while a
  // hat sounds, which is for less than half a step.
  const onsets: number[] = []
  let last = -Infinity
  for (let frame = 0; frame < wav.frames; frame++) {
    if (left(wav, frame) === right(wav, frame)) continue
    if (frame - last > 1000) onsets.push(frame)
    last = frame
  }
  const steps = Array.from(HAT).flatMap((mark, step) => (mark === '.' ? [] : [(step + (step % 2) * SWING) / 4]))
  t.deepEqual(onsets, bars.flatMap((bar) => steps.map((beat) => frameOf(4 * bar + beat))))

  // And it ends: nothing is left of the last note half a second after the last bar.
  t.true(Math.abs(left(wav, wav.frames - 1)) < 1e-6)
})

test('an example renders the same bits twice', async (t) => {
  const [first, second] = [await rendered(t, 'step-sequencer'), await rendered(t, 'step-sequencer')]
  t.deepEqual(first.wav.values, second.wav.values)
})

/** The times that begin the lines after the first, in seconds. */
const times = (stdout: string): number[] => stdout.trimEnd().split('\n').slice(1).map((line) => Number.parseFloat(line))

test('playlist plays on the virtual clock where there is no device, and ends by itself', async (t) => {
  const { status, stdout, stderr } = await example('playlist')
  t.is(status, 0, stderr)
  t.regex(stderr, /VIRTUAL_DEVICE/)
  t.notRegex(stderr, /LATE_EVENT|QUEUE_OVERFLOW|Error/)
  const lines = stdout.trimEnd().split('\n')
  t.is(lines[0], 'playing on Virtual device')
  t.deepEqual(lines.slice(1).map((line) => line.replace(/^.* s {2}/, '')), PIECES)
  const [first = NaN, ...rest] = times(stdout)
  // Rounded to hundredths twice.
  for (const [i, time] of rest.entries()) t.true(Math.abs(time - first - 3 * (i + 1)) <= 0.0101)
})

test('step-sequencer plays eight bars, in time, and ends by itself', async (t) => {
  const { status, stdout, stderr } = await example('step-sequencer')
  t.is(status, 0, stderr)
  t.notRegex(stderr, /LATE_EVENT|QUEUE_OVERFLOW|Error/)
  const starts = times(stdout)
  t.is(starts.length, 8)
  for (let bar = 1; bar < 8; bar++) {
    const length = (4 * 60) / (bar <= 4 ? SLOW : FAST)
    const gap = (starts[bar] ?? NaN) - (starts[bar - 1] ?? NaN)
    // A machine that stalls for a second lets a bar pass empty: the next one is still in time.
    const rounds = Math.round(gap / length)
    t.true(rounds >= 1 && Math.abs(gap - rounds * length) <= 0.0021, `bar ${bar + 1} after ${gap} s`)
  }
})

test('monitor-input hears itself on the virtual device and says how late', async (t) => {
  const { status, stdout, stderr } = await example('monitor-input')
  t.is(status, 0, stderr)
  const lines = stdout.trimEnd().split('\n')
  t.is(lines.length, 5)
  const peaks = lines.map((line, n) => {
    const [, second, peak = NaN, late] = /^(\d) s {2}peak (\d\.\d{4}) {2}input to output (\d+\.\d) ms$/.exec(line) ?? []
    t.is(Number(second), n + 1)
    t.true(Number(late) > 1 && Number(late) < 300, line)
    return Number(peak)
  })
  t.true(Math.max(...peaks) > 0.01, 'the clicks came back')
})

async function speechInto(folder: string): ReturnType<typeof example> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  return example('record-speech', '--out', folder)
}

test('record-speech writes a file for each of three phrases, and none for the tone and the hiss between', async (t) => {
  const folder = inFolder('speech')
  let heard = await speechInto(folder)
  // A machine that stood still cuts a phrase in two; the example says so.
  for (let again = 0; again < 3 && heard.stderr.includes('lost on the way'); again++) heard = await speechInto(folder)
  const { status, stdout, stderr } = heard
  t.is(status, 0, stderr)
  // Of a machine that stands still again and again, only what reached the program counts.
  t.notRegex(stderr, /lost on the way: [1-9]|Error/)
  const lines = stdout.trimEnd().split('\n')
  t.deepEqual([lines[0], lines.at(-1)], ['listening to Virtual device', 'heard somebody 3 times'])
  const files = [['speech-0001.wav', 8], ['speech-0002.wav', 9], ['speech-0003.wav', 7]] as const
  t.deepEqual((await readdir(folder)).sort(), files.map(([file]) => file))
  // Vowels of 0.17 s each, with silence around them.
  for (const [i, [file, vowels]] of files.entries()) {
    const [, name, length, start] = /^(\S+) {2}(\d+\.\d\d) s, from (\d+\.\d\d) s on$/.exec(lines[i + 1] ?? '') ?? []
    t.is(name, file)
    const wav = readWav(path.join(folder, file))
    t.like(wav, { format: 'f32', channels: 1, sampleRate: 16_000 })
    t.is((wav.frames / 16_000).toFixed(2), length ?? '')
    const peak = wav.values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    t.true(peak > 0.2 && peak < 0.5, `peak ${peak}`)
    // All of the phrase: it begins after the file does, and ends before it.
    const isLoud = (value: number): boolean => Math.abs(value) > 0.05 * peak
    const [first, last] = [wav.values.findIndex(isLoud), wav.values.findLastIndex(isLoud)]
    t.true(first > 1600 && last < wav.frames - 160, `from ${first} to ${last} of ${wav.frames}`)
    const spoken = (last - first) / 16_000
    t.true(spoken > 0.17 * vowels - 0.1 && spoken < 0.17 * vowels + 0.1, `${spoken} s spoken`)
    t.true(Number(start) >= 0)
  }
})
