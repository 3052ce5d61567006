// Recordings that go on in a new file: the join of the files is the recording, sample for sample.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { RecordOptions, RecordedFile, Recording } from '../../index'
import { readFlac } from '../mixer/flac'
import { Stand, interleaved, until } from './stand'
import { readWav } from './wav'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-rotate-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

let folders = 0
const newFolder = (): string => mkdtempSync(path.join(dir, `${++folders}-`))

/** The samples of several files of floats, joined. */
function joined(files: readonly string[]): Float64Array {
  const all = files.map((file) => readWav(file).values)
  const whole = new Float64Array(all.reduce((sum, values) => sum + values.length, 0))
  let at = 0
  for (const values of all) {
    whole.set(values, at)
    at += values.length
  }
  return whole
}

const wide = (samples: Float32Array): Float64Array => Float64Array.from(samples)

/** Lets the device record in pieces that no queue refuses. */
async function recordLong(stand: Stand, frames: number): Promise<void> {
  for (let left = frames; left > 0; left -= 20_000) {
    await stand.record(Math.min(left, 20_000))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function start(
  t: ExecutionContext,
  recordOptions: RecordOptions,
  ending = '.wav',
): Promise<{ stand: Stand; recording: Recording; told: RecordedFile[]; folder: string }> {
  const stand = await Stand.open(t, { channels: 2, capacity: 1_000_000 })
  const folder = newFolder()
  const told: RecordedFile[] = []
  const recording = await stand.capture.record(path.join(folder, `take${ending}`), {
    ...recordOptions,
    onFile: (file) => told.push(file),
  })
  return { stand, recording, told, folder }
}

test('by time: each file has exactly its seconds, and the join is the recording', async (t) => {
  const { stand, recording, told, folder } = await start(t, { rotate: { seconds: 1.25 } })
  const names = [1, 2, 3].map((n) => path.join(folder, `take-000${n}.wav`)) as [string, string, string]
  t.is(recording.path, names[0])
  t.deepEqual(recording.files, names.slice(0, 1))
  await recordLong(stand, 150_001)
  const result = await recording.stop()
  t.deepEqual(result, { path: names[2], frames: 150_001, dropped: 0 })
  t.deepEqual(told, [
    { path: names[0], frames: 60_000, startFrame: 0 },
    { path: names[1], frames: 60_000, startFrame: 60_000 },
    { path: names[2], frames: 30_001, startFrame: 120_000 },
  ])
  t.deepEqual([recording.path, recording.files, recording.frames], [names[2], names, 150_001])
  t.deepEqual(joined(names), wide(interleaved(0, 150_001, 2)))
})

test('by size: no file is larger, and the join is the recording', async (t) => {
  const { stand, recording, told } = await start(t, { rotate: { bytes: 100_000 } })
  await recordLong(stand, 60_000)
  await recording.stop()
  const { files } = recording
  t.deepEqual(told.map((file) => file.path), files)
  t.true(files.length > 4)
  for (const file of files.slice(0, -1)) {
    const { size } = statSync(file)
    t.true(size <= 100_000 && size > 99_900, `${size} bytes`)
  }
  t.deepEqual(joined(files), wide(interleaved(0, 60_000, 2)))
})

test('FLAC files, too: each is complete by itself, with the checksum of its own sound', async (t) => {
  const { stand, recording } = await start(t, { rotate: { seconds: 1, bytes: 65_536 }, format: 's24' }, '.flac')
  await recordLong(stand, 120_000)
  const { frames } = await recording.stop()
  const { files } = recording
  t.is(frames, 120_000)
  t.true(files.length >= 3)
  let at = 0
  for (const file of files) {
    t.true(statSync(file).size <= 65_536)
    // It checks every checksum.
    const flac = readFlac(file)
    t.true(flac.frames <= 48_000)
    const own = interleaved(at, flac.frames, 2)
    for (const [c, lane] of flac.values.entries()) {
      t.deepEqual(lane, Int32Array.from({ length: flac.frames }, (_, n) => {
        const x = (own[2 * n + c] ?? 0) * 2 ** 23
        // Exact but for odd multiples of one half, which go to the even neighbour.
        return x % 1 === 0 ? x : 2 * Math.round(x / 2)
      }))
    }
    at += flac.frames
  }
  t.is(at, 120_000)
})

test('a file is told as soon as it is complete, while the recording goes on', async (t) => {
  const { stand, recording, told, folder } = await start(t, { rotate: { seconds: 1 } })
  await recordLong(stand, 50_000)
  await until(t, 'the first file was told', () => told.length === 1)
  t.deepEqual(told, [{ path: path.join(folder, 'take-0001.wav'), frames: 48_000, startFrame: 0 }])
  t.is(readWav(told[0]?.path ?? '').frames, 48_000)
  t.is(recording.path, path.join(folder, 'take-0002.wav'))
  // What listens may fail; the recording does not.
  await recording.stop()
  t.is(told.length, 2)
})

test('a recording that ends with a file leaves no empty one behind it', async (t) => {
  const { stand, recording, folder } = await start(t, { rotate: { seconds: 1 } })
  await recordLong(stand, 96_000)
  await recording.stop()
  t.is(recording.files.length, 2)
  t.deepEqual(readdirSync(folder).sort(), ['take-0001.wav', 'take-0002.wav'])
})

for (const gaps of ['silence', 'splice'] as const) {
  test(`a pause longer than a file is ${gaps === 'silence' ? 'files of silence' : 'left out'}`, async (t) => {
    const { stand, recording } = await start(t, { rotate: { seconds: 1 }, gaps })
    await recordLong(stand, 30_000)
    stand.capture.pause()
    await recordLong(stand, 150_000)
    stand.capture.resume()
    await recordLong(stand, 30_000)
    const { frames } = await recording.stop()
    const { files } = recording
    const whole = joined(files)
    if (gaps === 'silence') {
      t.is(frames, 210_000)
      t.deepEqual(files.map((file) => readWav(file).frames), [48_000, 48_000, 48_000, 48_000, 18_000])
      t.deepEqual(whole.subarray(60_000, 360_000), new Float64Array(300_000))
      t.deepEqual(whole.subarray(360_000), wide(interleaved(180_000, 30_000, 2)))
    } else {
      t.deepEqual(files.map((file) => readWav(file).frames), [48_000, 12_000])
      t.deepEqual(whole.subarray(60_000), wide(interleaved(180_000, 30_000, 2)))
    }
    t.deepEqual(whole.subarray(0, 60_000), wide(interleaved(0, 30_000, 2)))
  })
}

test('without rotation onFile tells the one file, and its name is as given', async (t) => {
  const { stand, recording, told, folder } = await start(t, {})
  const file = path.join(folder, 'take.wav')
  await stand.record(1000)
  await stand.capture.close()
  t.deepEqual(told, [{ path: file, frames: 1000, startFrame: 0 }])
  t.deepEqual(await recording.ended, { path: file, frames: 1000, dropped: 0, error: null })
})

test('limits are checked, named, and nothing is made', async (t) => {
  const stand = await Stand.open(t)
  const folder = newFolder()
  const file = path.join(folder, 'take.wav')
  for (const [recordOptions, code, parts] of [
    [{ rotate: 5 }, 'ERR_INVALID_ARG', ['rotate', '5']],
    [{ rotate: null }, 'ERR_INVALID_ARG', ['rotate', 'null']],
    [{ rotate: {} }, 'ERR_INVALID_ARG', ['rotate', 'seconds', 'bytes']],
    [{ rotate: { minutes: 5 } }, 'ERR_INVALID_ARG', ['rotate', 'minutes', 'seconds']],
    [{ rotate: { seconds: '1' } }, 'ERR_INVALID_ARG', ['rotate.seconds', "'1'", '1 or more']],
    [{ rotate: { seconds: Infinity } }, 'ERR_INVALID_ARG', ['rotate.seconds', 'Infinity']],
    [{ rotate: { seconds: 0.5 } }, 'ERR_OUT_OF_RANGE', ['rotate.seconds', '0.5', '1 or more']],
    [{ rotate: { bytes: 65_535 } }, 'ERR_OUT_OF_RANGE', ['rotate.bytes', '65535', '65536']],
    [{ rotate: { bytes: 1e5 + 0.5 } }, 'ERR_OUT_OF_RANGE', ['rotate.bytes', 'whole']],
    [{ rotate: { bytes: NaN } }, 'ERR_INVALID_ARG', ['rotate.bytes', 'NaN']],
    [{ onFile: 'x' }, 'ERR_INVALID_ARG', ['onFile', 'a function']],
  ] as const) {
    const error = await t.throwsAsync(stand.capture.record(file, recordOptions as never), { code })
    for (const part of parts) t.true(error.message.includes(part), error.message)
  }
  t.deepEqual(readdirSync(folder), [])
  t.false(existsSync(file))
})
