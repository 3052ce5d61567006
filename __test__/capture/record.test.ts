// Recordings: what is in the file, whatever ended it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import v8 from 'node:v8'
import vm from 'node:vm'
import test from 'ava'
import { probe, render } from '../../index'
import { Stand, interleaved, outline, take, until } from './stand'
import { readWav } from './wav'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-record-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

let files = 0
const newPath = (): string => path.join(dir, `${++files}.wav`)
const interleave = ([left, right]: Float32Array[]): Float32Array =>
  Float32Array.from({ length: 2 * (left?.length ?? 0) }, (_, i) => (i % 2 ? right : left)?.[i >> 1] ?? 0)
const wide = (samples: Float32Array): Float64Array => Float64Array.from(samples)

for (const channels of [1, 2, 3]) {
  test(`f32 of ${channels} channels is every sample, bit for bit, and the default`, async (t) => {
    const stand = await Stand.open(t, { channels }, { channels, sampleRate: 44_100 })
    const file = newPath()
    const recording = await stand.capture.record(file)
    t.is(recording.path, file)
    await stand.record(10_007)
    t.deepEqual(await recording.stop(), { path: file, frames: 10_007, dropped: 0 })
    t.is(recording.frames, 10_007)
    const wav = readWav(file)
    t.like(wav, { format: 'f32', channels, sampleRate: 44_100, frames: 10_007 })
    t.deepEqual(wav.values, wide(interleaved(0, 10_007, channels)))
  })
}

for (const [format, bits] of [['s16', 16], ['s24', 24]] as const) {
  test(`${format} rounds half to even, and clamps`, async (t) => {
    const full = 2 ** (bits - 1)
    const cases: [number, number][] = [
      [0, 0], [0.5 / full, 0], [1.5 / full, 2], [2.5 / full, 2], [-0.5 / full, 0], [-1.5 / full, -2], [-2.5 / full, -2],
      [0.51 / full, 1], [-0.49 / full, 0], [1, full - 1], [-1, -full], [2, full - 1], [-2, -full], [3e38, full - 1],
      [-0.75, -0.75 * full], [(full - 1) / full, full - 1],
    ]
    const stand = await Stand.open(t, { channels: 1 }, { channels: 1 })
    const file = newPath()
    const recording = await stand.capture.record(file, { format })
    stand.device.feed({ channelData: [Float32Array.from(cases, ([sample]) => sample)], sampleRate: 48_000 })
    await stand.device.step(cases.length)
    await recording.stop()
    const wav = readWav(file)
    t.like(wav, { format, channels: 1, sampleRate: 48_000, frames: cases.length })
    // −0 is no integer.
    t.deepEqual([...wav.values].map((value) => value + 0), cases.map(([, integer]) => integer))
  })
}

for (const ending of ['wav', 'flac']) {
  test(`a .${ending} file without a frame loads as a sound of no frames`, async (t) => {
    const stand = await Stand.open(t, { channels: 2 }, { channels: 2, sampleRate: 48_000 })
    const file = newPath().replace('.wav', `.${ending}`)
    t.like(await (await stand.capture.record(file, { format: 's16' })).stop(), { frames: 0 })
    t.like(await probe(file), { format: ending, channels: 2, sampleRate: 48_000, frames: 0, duration: 0, tags: {} })
    await render({ duration: 0.01 }, async (engine) => {
      const { frames, channels } = await engine.load(file)
      t.deepEqual([frames, channels], [0, 2])
    })
  })
}

for (const format of ['s16', 's24'] as const) {
  test(`a .flac file of ${format} holds what a .wav file of ${format} does`, async (t) => {
    const stand = await Stand.open(t, { channels: 2 }, { channels: 2, sampleRate: 48_000 })
    const wav = newPath()
    const flac = wav.replace('.wav', '.flac')
    const recordings = [await stand.capture.record(wav, { format }), await stand.capture.record(flac, { format })]
    await stand.record(10_007)
    for (const recording of recordings) t.like(await recording.stop(), { frames: 10_007, dropped: 0 })
    t.like(await probe(flac), { format: 'flac', channels: 2, sampleRate: 48_000, frames: 10_007 })
    const full = format === 's16' ? 2 ** 15 : 2 ** 23
    const integers = readWav(wav).values
    const { channelData } = await render({ duration: 10_007 / 48_000 }, async (engine) => {
      engine.master.play(await engine.load(flac))
    })
    t.deepEqual(interleave(channelData), Float32Array.from(integers, (n) => n / full))
  })
}

test('an odd number of bytes is padded', async (t) => {
  const stand = await Stand.open(t, { channels: 1 }, { channels: 1 })
  const file = newPath()
  const recording = await stand.capture.record(file, { format: 's24' })
  await stand.record(1001)
  await recording.stop()
  t.is(readWav(file).frames, 1001)
})

test('stop() has everything that was captured until then, and nothing after it', async (t) => {
  const stand = await Stand.open(t, { channels: 2 }, { clock: 'realtime', bufferSize: 64 })
  for (let n = 0; n < 10; n++) {
    const file = newPath()
    const recording = await stand.capture.record(file)
    const before = stand.capture.stats().captured
    await new Promise((resolve) => setTimeout(resolve, 23))
    const during = stand.capture.stats().captured
    const { frames, dropped } = await recording.stop()
    const after = stand.capture.stats().captured
    t.true(2 * frames >= during - before, `${2 * frames} of ${during - before} samples`)
    t.true(2 * frames <= after, 'the first one has what the ring held, too')
    t.is(dropped, 0)
    t.is(readWav(file).frames, frames)
  }
})

test('a recording starts at its own now, and stopping it twice gives the same', async (t) => {
  const stand = await Stand.open(t, { channels: 2 })
  const other = stand.capture.chunks()
  await stand.record(500)
  const file = newPath()
  const recording = await stand.capture.record(file)
  await stand.record(700)
  const [first, second] = await Promise.all([recording.stop(), recording.stop()])
  t.deepEqual(first, second)
  await stand.record(300)
  t.deepEqual(await recording.stop(), first)
  t.deepEqual(readWav(file).values, wide(interleaved(500, 700, 2)))
  await stand.capture.close()
  t.is((await take(other, 1))[0]?.frame, 0)
})

/** Records frames 0…499, a pause of 800 frames, then 500 more. */
async function paused(t: Parameters<typeof Stand.open>[0], gaps?: 'silence' | 'splice'): Promise<Float64Array> {
  const stand = await Stand.open(t, { channels: 2 })
  const file = newPath()
  const recording = await stand.capture.record(file, gaps ? { gaps } : {})
  await stand.record(500)
  stand.capture.pause()
  await stand.record(800)
  stand.capture.resume()
  await stand.record(500)
  const { frames, dropped } = await recording.stop()
  t.is(dropped, 0)
  t.is(frames, gaps === 'splice' ? 1000 : 1800)
  return readWav(file).values
}

test('silence keeps the time axis, and is the default', async (t) => {
  for (const gaps of [undefined, 'silence'] as const) {
    const values = await paused(t, gaps)
    t.deepEqual(values.subarray(0, 1000), wide(interleaved(0, 500, 2)))
    t.deepEqual(values.subarray(1000, 2600), new Float64Array(1600))
    t.deepEqual(values.subarray(2600), wide(interleaved(1300, 500, 2)))
  }
})

test('spliced, a file holds only what was captured', async (t) => {
  const values = await paused(t, 'splice')
  t.deepEqual(values.subarray(0, 1000), wide(interleaved(0, 500, 2)))
  t.deepEqual(values.subarray(1000), wide(interleaved(1300, 500, 2)))
})

for (const gaps of ['silence', 'splice'] as const) {
  test(`a loss is counted, and its place kept as ${gaps}`, async (t) => {
    const stand = await Stand.open(t, { channels: 2, capacity: 2000 })
    // The ring keeps frames 0…999 and loses 1,500.
    await stand.record(2500)
    const file = newPath()
    const recording = await stand.capture.record(file, { gaps })
    await until(t, 'the ring was written', () => stand.capture.stats().buffered === 0)
    await until(t, 'the queue was written', () => (stand.capture.stats().readers[0]?.buffered ?? 0) < 2 * 960)
    await stand.record(400)
    await stand.capture.close()
    const { frames, dropped } = await recording.stop()
    t.is(dropped, 3000)
    const { values } = readWav(file)
    t.is(values.length, 2 * frames)
    const silence = gaps === 'silence' ? 3000 : 0
    t.is(frames, 1400 + silence / 2)
    t.deepEqual(values.subarray(0, 2000), wide(interleaved(0, 1000, 2)))
    t.deepEqual(values.subarray(2000, 2000 + silence), new Float64Array(silence))
    t.deepEqual(values.subarray(2000 + silence), wide(interleaved(2500, 400, 2)))
  })
}

test('a loss before the first frame is silence too', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 100, capacity: 200 })
  const first = stand.capture.chunks()
  await stand.record(50)
  await first.return?.()
  await stand.record(400)
  const second = stand.capture.chunks()
  await until(t, 'the ring was handed out', () => stand.capture.stats().buffered === 0)
  await second.return?.()
  // A gap of 300 frames is open now, and the recording is a first reader.
  const file = newPath()
  const recording = await stand.capture.record(file)
  await stand.record(100)
  t.deepEqual(await recording.stop(), { path: file, frames: 400, dropped: 600 })
  const { values } = readWav(file)
  t.deepEqual(values.subarray(0, 600), new Float64Array(600))
  t.deepEqual(values.subarray(600), wide(interleaved(450, 100, 2)))
})

for (const gaps of ['silence', 'splice'] as const) {
  test(`a loss at the very end is counted, and its place kept as ${gaps}`, async (t) => {
    const stand = await Stand.open(t, { channels: 2, capacity: 2000 })
    // The ring keeps frames 0…999 and loses 1,500, after which nothing comes.
    await stand.record(2500)
    const file = newPath()
    const recording = await stand.capture.record(file, { gaps })
    const frames = gaps === 'silence' ? 2500 : 1000
    t.deepEqual(await recording.stop(), { path: file, frames, dropped: 3000 })
    const { values } = readWav(file)
    t.deepEqual(values.subarray(0, 2000), wide(interleaved(0, 1000, 2)))
    t.deepEqual(values.subarray(2000), new Float64Array(2 * (frames - 1000)))
  })
}

for (const kind of ['wav', 'flac'] as const) {
  test(`after a long pause nothing is lost while its silence goes into the .${kind} file`, async (t) => {
    const stand = await Stand.open(t, { channels: 2 })
    const file = newPath().replace('.wav', `.${kind}`)
    const recording = await stand.capture.record(file, { format: 's16' })
    await stand.record(500)
    stand.capture.pause()
    // Ten minutes, with nothing fed: silence.
    await stand.device.step(600 * 48_000)
    stand.capture.resume()
    for (let n = 0; n < 4; n++) await stand.device.step(12_000)
    t.deepEqual(await recording.stop(), { path: file, frames: 500 + 600 * 48_000 + 48_000, dropped: 0 })
    t.is((await probe(file)).frames, 500 + 600 * 48_000 + 48_000)
  })
}

test('close() completes the file', async (t) => {
  const stand = await Stand.open(t, { channels: 2 })
  const file = newPath()
  const recording = await stand.capture.record(file)
  for (let n = 0; n < 10; n++) await stand.record(4000)
  await stand.capture.close()
  t.deepEqual(readWav(file).values, wide(interleaved(0, 40_000, 2)))
  t.deepEqual(await recording.stop(), { path: file, frames: 40_000, dropped: 0 })
})

test('a recording that nobody holds goes on', async (t) => {
  const stand = await Stand.open(t, { channels: 2 })
  const file = newPath()
  await stand.capture.record(file)
  await stand.record(1000)
  v8.setFlagsFromString('--expose-gc')
  const gc = vm.runInNewContext('gc') as () => void
  for (let n = 0; n < 5; n++) {
    gc()
    await nextTurn()
  }
  await stand.record(1000)
  await stand.capture.close()
  t.deepEqual(readWav(file).values, wide(interleaved(0, 2000, 2)))
})

test('an abort ends the recording and completes its file', async (t) => {
  const stand = await Stand.open(t, { channels: 2 })
  const controller = new AbortController()
  const file = newPath()
  const recording = await stand.capture.record(file, { signal: controller.signal })
  await stand.record(1500)
  controller.abort()
  t.deepEqual(await recording.stop(), { path: file, frames: 1500, dropped: 0 })
  await stand.record(500)
  t.deepEqual(readWav(file).values, wide(interleaved(0, 1500, 2)))
  t.deepEqual(stand.capture.stats().readers, [])
})

test('with a signal that is aborted already nothing is made', async (t) => {
  const stand = await Stand.open(t, { channels: 2 })
  const file = newPath()
  await t.throwsAsync(stand.capture.record(file, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  t.false(existsSync(file))
  t.deepEqual(stand.capture.stats().readers, [])
})

test('a file that cannot be made takes nothing from the ring', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 100 })
  await stand.record(200)
  for (let n = 0; n < 20; n++) {
    await t.throwsAsync(stand.capture.record(path.join(dir, 'missing', 'x.wav')), { code: 'ERR_NOT_FOUND' })
  }
  t.is(stand.capture.stats().buffered, 400)
  t.deepEqual(outline(await take(stand.capture.chunks(), 2)), [[0, 100, 0], [100, 100, 0]])
})

test('a recording is disposed of by stopping it', async (t) => {
  const stand = await Stand.open(t, { channels: 2 })
  const file = newPath()
  const recording = await stand.capture.record(file)
  await stand.record(100)
  await recording[Symbol.asyncDispose]()
  t.is(readWav(file).frames, 100)
})
