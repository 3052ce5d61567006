// A full disk ends its recording with an error and valid files; everybody else goes on.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { ask, sndfileSamples } from '../support/programs'
import { type SmallDisk, smallDisk } from '../support/small-disk'
import type { Outcome } from './record-full-child'
import { fullSample } from './record-full-signal'
import { readWav } from './wav'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-full-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

const BYTES = 1_048_576
/** More than fit on the small disk as floats or as FLAC, fewer than as 16 bits. */
const FRAMES = 220_000

async function fill(disk: SmallDisk, name: string, bytes = 0): Promise<Outcome> {
  const child = path.join(__dirname, 'record-full-child.js')
  const [program, ...args] = disk.command
  const own = [process.execPath, child, path.join(disk.dir, name), path.join(dir, `beside-${name}.wav`), String(FRAMES), String(bytes)]
  const { stdout } = await promisify(execFile)(program, [...args, ...own], { timeout: 60_000 })
  return JSON.parse(stdout) as Outcome
}

function checkError(t: ExecutionContext, outcome: Outcome, parts: readonly string[]): void {
  const { code, message = '' } = outcome.ended
  t.is(code, 'ERR_IO')
  for (const part of parts) t.true(message.includes(part), message)
  t.deepEqual(outcome.stopped, { code, message })
  t.deepEqual(outcome.warnings, [{ code: 'RECORDING_FAILED', path: outcome.ended.path }])
}

/** The capture, another recording and another reader had every sample. */
function checkOthers(t: ExecutionContext, outcome: Outcome, name: string): void {
  t.deepEqual([outcome.otherFrames, outcome.readFrames, outcome.dropped], [FRAMES, FRAMES, 0])
  const { values } = readWav(path.join(dir, `beside-${name}.wav`))
  t.deepEqual(values.map((value) => value + 0), heard(0, FRAMES).map(toSixteenBits))
}

/** Halves to even, clamped. */
function toSixteenBits(sample: number): number {
  const exact = sample * 2 ** 15
  const below = Math.floor(exact)
  const isUp = exact - below > 0.5 || (exact - below === 0.5 && below % 2 !== 0)
  return Math.min(below + (isUp ? 1 : 0), 32_767)
}

const heard = (from: number, frames: number): Float64Array =>
  Float64Array.from({ length: 2 * frames }, (_, n) => fullSample(from + (n >> 1), n % 2))

for (const kind of ['wav', 'flac'] as const) {
  test(`a full disk ends a .${kind} recording at once, with all that fitted in a valid file`, async (t) => {
    const disk = smallDisk(t, BYTES)
    const file = path.join(disk.dir, `take.${kind}`)
    const outcome = await fill(disk, `take.${kind}`)
    const { frames } = outcome.ended
    checkError(t, outcome, [`${file}: `, `its ${frames} frames are kept in ${file}`])
    t.deepEqual(outcome.ended.files, [file])
    t.deepEqual(outcome.told, [{ path: file, frames, startFrame: 0 }])
    t.true(statSync(file).size > BYTES - 40_000, `${statSync(file).size} bytes`)
    if (kind === 'wav') t.is(readWav(file).frames, frames)
    t.is(ask('sox', ['--i', '-s', file]).toString().trim(), String(frames))
    // libsndfile writes beside what it reads.
    const copy = path.join(dir, `copy.${kind}`)
    ask('cp', [file, copy])
    t.deepEqual(sndfileSamples(copy, kind === 'wav' ? 'floats' : 'integers'), heard(0, frames))
    checkOthers(t, outcome, `take.${kind}`)
  })
}

test('a full disk ends a recording in several files, all of which are kept', async (t) => {
  const disk = smallDisk(t, BYTES)
  if (!disk.isReal) {
    t.log('SKIPPED: it takes a file system of its own, which needs the right to mount one')
    t.pass()
    return
  }
  const outcome = await fill(disk, 'many.wav', 300_000)
  const { frames, files } = outcome.ended
  checkError(t, outcome, [`its ${frames} frames are kept in ${files.length} files up to ${files.at(-1) ?? ''}`])
  t.true(files.length >= 4)
  let at = 0
  for (const file of files) {
    const wav = readWav(file)
    t.deepEqual(wav.values, heard(at, wav.frames))
    at += wav.frames
  }
  t.is(at, frames)
  t.is(outcome.told.length, files.length)
  checkOthers(t, outcome, 'many.wav')
})
