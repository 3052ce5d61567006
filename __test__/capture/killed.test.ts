// A process that is killed while it records leaves a file that every program reads.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type RecordOptions, probe } from '../../index'
import { ask, sndfileFrames } from '../support/programs'
import { readWav } from './wav'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-killed-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

// Records and says every 20 ms how many frames were captured.
const CHILD = `
const [, , library, file, recordOptions] = process.argv
const { Capture } = require(library)
void (async () => {
  const capture = await Capture.open({ device: 'virtual', channels: 2 })
  await capture.record(file, JSON.parse(recordOptions))
  setInterval(() => process.send(capture.stats().captured / 2), 20)
})()
`

function exited(child: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => child.once('exit', (_code, signal) => { resolve(signal) }))
}

/** Records until so many frames were captured and so many ms more are over; the frames captured. */
async function killed(t: ExecutionContext, file: string, recordOptions: RecordOptions, frames: number, after: number): Promise<number> {
  const script = `${file}.cjs`
  writeFileSync(script, CHILD)
  const child = fork(script, [path.resolve(__dirname, '../../index.js'), file, JSON.stringify(recordOptions)])
  t.teardown(() => child.kill('SIGKILL'))
  const over = exited(child)
  let captured = 0
  child.on('message', (now: number) => (captured = now))
  while (captured < frames && child.exitCode === null) await sleep(5)
  await sleep(after)
  child.kill('SIGKILL')
  t.is(await over, 'SIGKILL')
  return captured
}

/** What SoX decodes of a file, in frames: it stops at the first thing that is not in order. */
function decoded(file: string, width: number): number {
  const bits = ['-e', 'signed', '-b', String(8 * width)]
  return ask('sox', ['-D', file, '-t', 'raw', ...bits, '-']).length / (2 * width)
}

for (const [kind, format] of [['wav', 'f32'], ['wav', 's24'], ['wav', 's16'], ['flac', 's24'], ['flac', 's16']] as const) {
  test(`killed at any moment while it records ${format} to .${kind}: the header is true, and at most a second is lost`, async (t) => {
    await Promise.all([1, 2, 3, 4].map(async (n) => {
      const file = path.join(dir, `${format}-${n}.${kind}`)
      const least = Math.round(24_000 + 72_000 * Math.random())
      const captured = await killed(t, file, { format }, least, 40 * Math.random())
      const { frames, channels, sampleRate } = await probe(file)
      t.deepEqual([channels, sampleRate], [2, 48_000])
      t.true((frames ?? 0) >= captured - 48_000, `${String(frames)} frames of ${captured}`)
      if (kind === 'wav') t.like(readWav(file, false), { format, channels: 2, sampleRate: 48_000, frames })
      t.is(ask('sox', ['--i', '-s', file]).toString().trim(), String(frames))
      t.is(decoded(file, format === 's16' ? 2 : 3), frames ?? NaN)
      t.is(sndfileFrames(file), frames ?? NaN)
    }))
  })
}

for (const kind of ['wav', 'flac'] as const) {
  test(`killed while it records several .${kind} files: those before the last are complete`, async (t) => {
    const name = path.join(dir, `many.${kind}`)
    const captured = await killed(t, name, { rotate: { seconds: 1 } }, 115_000, 300 * Math.random())
    const files = readdirSync(dir).filter((file) => new RegExp(`^many-\\d{4}\\.${kind}$`).test(file)).sort()
    t.true(files.length >= 3, files.join())
    let frames = 0
    for (const [n, file] of files.entries()) {
      const place = path.join(dir, file)
      const own = (await probe(place)).frames ?? 0
      t.is(decoded(place, 3), own)
      if (n < files.length - 1) {
        t.is(own, 48_000)
        if (kind === 'wav') t.is(readWav(place).frames, 48_000)
        else ask('flac', ['--test', '--silent', '--warnings-as-errors', place])
      }
      frames += own
    }
    t.true(frames >= captured - 48_000, `${frames} frames of ${captured}`)
  })
}

test('a process that closes its capture and ends has the whole recording', async (t) => {
  const script = path.join(dir, 'ends.cjs')
  const file = path.join(dir, 'ends.wav')
  writeFileSync(script, `
const [, , library, file] = process.argv
const { Capture } = require(library)
void (async () => {
  const capture = await Capture.open({ device: 'virtual', channels: 2 })
  await capture.record(file)
  setTimeout(async () => {
    const { captured } = await capture.close()
    process.send(captured / 2)
    process.disconnect()
  }, 700)
})()
`)
  const child = fork(script, [path.resolve(__dirname, '../../index.js'), file])
  t.teardown(() => child.kill('SIGKILL'))
  const over = exited(child)
  let captured = 0
  child.on('message', (frames: number) => (captured = frames))
  t.is(await over, null)
  t.is(child.exitCode, 0)
  t.true(captured > 0)
  t.is(readWav(file).frames, captured)
})
