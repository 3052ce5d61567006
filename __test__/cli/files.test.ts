// `noxrun record` and `noxrun play`.
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import test from 'ava'
import { wavFile } from '../support/signal'
import { hasSounded, inFolder, interrupted, json, noxrun, readWav, useFolder } from './run'

useFolder(test)

const RECORDINGS = [
  { flags: [], channels: 1, sampleRate: 48_000, format: 'float', bits: 32 },
  { flags: ['--format', 's16', '--channels', '2'], channels: 2, sampleRate: 48_000, format: 'integer', bits: 16 },
  { flags: ['--format', 's24', '--rate', '11025'], channels: 1, sampleRate: 11_025, format: 'integer', bits: 24 },
  { flags: ['--format', 's24', '--rate', '16000'], channels: 1, sampleRate: 16_000, format: 'integer', bits: 24 },
]

for (const { flags, ...expected } of RECORDINGS) {
  test.serial(`record writes what was asked for: ${flags.join(' ') || 'by default'}`, async (t) => {
    const args = ['record', 'take.wav', '--device', 'virtual', '--duration', '0.5', '--json', ...flags]
    const outcome = await noxrun(args)
    t.is(outcome.status, 0)
    t.is(outcome.stderr, '')
    const wav = await readWav(inFolder('take.wav'))
    t.like(wav, expected)
    t.like(json(outcome), { path: 'take.wav', frames: wav.frames, dropped: 0, device: 'virtual' })
    t.is(wav.frames, Math.round(0.5 * expected.sampleRate))
  })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test.serial(`record that ${signal} stops is complete, and a success`, async (t) => {
    const file = inFolder(`${signal}.wav`)
    const isUnderWay = async (): Promise<boolean> => existsSync(file) && (await readFile(file)).length > 20_000
    const outcome = await interrupted(['record', file, '--device', 'virtual'], signal, isUnderWay)
    t.is(outcome.status, 0)
    t.is(outcome.stderr, '')
    const { frames } = await readWav(file)
    t.true(frames > 4000)
    const told = frames.toLocaleString('en-US')
    t.true(outcome.stdout.startsWith(`${file}: ${told} frames, `), outcome.stdout)
    t.true(outcome.stdout.endsWith(', 0 samples dropped\n'))
  })
}

const tone = (frames: number): Float32Array =>
  Float32Array.from({ length: frames }, (_, n) => 0.4 * Math.sin((2 * Math.PI * 330 * n) / 48_000))

test.serial('play joins files without a gap', async (t) => {
  const lengths = [12_001, 7777, 9600]
  const files = lengths.map((_, i) => `part-${i}.wav`)
  for (const [i, frames] of lengths.entries()) {
    await writeFile(inFolder(files[i] ?? ''), wavFile([tone(frames)], 48_000))
  }
  const outcome = await noxrun(['play', ...files, '--device', 'virtual', '--volume', '0.5', '--json'])
  t.is(outcome.status, 0)
  const result = json(outcome) as { files: { path: string; start: number; frames: number }[]; stopped: boolean }
  t.false(result.stopped)
  t.deepEqual(result.files.map(({ path }) => path), files)
  t.deepEqual(result.files.map(({ frames }) => frames), lengths)
  const first = result.files[0]?.start ?? NaN
  t.deepEqual(result.files.map(({ start }) => start - first), [0, 12_001, 12_001 + 7777])
})

test.serial('play is quiet when nobody looks', async (t) => {
  await writeFile(inFolder('quiet.wav'), wavFile([tone(4800)], 44_100))
  const outcome = await noxrun(['play', 'quiet.wav', '--device', 'virtual'])
  t.deepEqual(outcome, { status: 0, stdout: '', stderr: '' })
})

test.serial('play plays nothing when one of the files cannot be played, and names it', async (t) => {
  await writeFile(inFolder('good.wav'), wavFile([tone(48_000)], 48_000))
  await writeFile(inFolder('bad.wav'), 'This is no sound.')
  const { status, stdout, stderr } = await noxrun(['play', 'good.wav', 'bad.wav', '--device', 'virtual', '--json'])
  t.is(status, 1)
  t.is(stdout, '')
  t.regex(stderr, /^noxrun: .*bad\.wav.* \(ERR_DECODE\)\n$/)
})

test.serial('play that is stopped ends with the status of its signal', async (t) => {
  await writeFile(inFolder('long.wav'), wavFile([tone(480_000)], 48_000))
  for (const [signal, expected] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    const args = ['play', 'long.wav', '--device', 'virtual', '--json']
    const outcome = await interrupted(args, signal, hasSounded(300))
    t.is(outcome.status, expected)
    t.is(outcome.stderr, '')
    t.true((json(outcome) as { stopped: boolean }).stopped)
  }
})
