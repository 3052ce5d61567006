// A process that is killed while it records leaves a file that every program reads.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { readWav } from './wav'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-killed-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

// Records and says every 20 ms how many frames were captured.
const CHILD = `
const [, , library, file, format] = process.argv
const { Capture } = require(library)
void (async () => {
  const capture = await Capture.open({ device: 'virtual', channels: 2 })
  await capture.record(file, { format })
  setInterval(() => process.send(capture.stats().captured / 2), 20)
})()
`

function exited(child: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => child.once('exit', (_code, signal) => { resolve(signal) }))
}

for (const format of ['f32', 's24', 's16'] as const) {
  test(`killed while it records ${format}: the header is true, and at most a second is lost`, async (t) => {
    const script = path.join(dir, `${format}.cjs`)
    const file = path.join(dir, `${format}.wav`)
    writeFileSync(script, CHILD)
    const child = fork(script, [path.resolve(__dirname, '../../index.js'), file, format])
    t.teardown(() => child.kill('SIGKILL'))
    const over = exited(child)
    let captured = 0
    child.on('message', (frames: number) => (captured = frames))
    while (captured < 2 * 48_000 && child.exitCode === null) await sleep(20)
    child.kill('SIGKILL')
    t.is(await over, 'SIGKILL')
    const wav = readWav(file, false)
    t.like(wav, { format, channels: 2, sampleRate: 48_000 })
    t.true(wav.frames >= captured - 48_000, `${wav.frames} frames of ${captured}`)
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
