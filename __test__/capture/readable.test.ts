// A capture as a Node stream of interleaved PCM.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createWriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import test from 'ava'
import { Stand, assertReaderBalanced, interleaved, until } from './stand'

const STEREO = { channels: 2, chunk: 100 } as const

async function bytesOf(stream: Readable): Promise<Buffer> {
  const pushes: Buffer[] = []
  for await (const bytes of stream) pushes.push(bytes as Buffer)
  return Buffer.concat(pushes)
}

const floats = (bytes: Buffer): Float32Array =>
  Float32Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readFloatLE(4 * n))

test('f32 is every sample, bit for bit, in pushes of whole frames', async (t) => {
  const stand = await Stand.open(t, { channels: 3, chunk: 77 }, { channels: 3 })
  const stream = stand.capture.readable()
  t.true(stream instanceof Readable)
  t.false(stream.readableObjectMode)
  const pushes: Buffer[] = []
  stream.on('data', (bytes: Buffer) => pushes.push(bytes))
  const ended = finished(stream)
  await stand.record(5000)
  await stand.capture.close()
  await ended
  t.true(pushes.every((bytes) => bytes.length > 0 && bytes.length % 12 === 0))
  t.deepEqual(floats(Buffer.concat(pushes)), interleaved(0, 5000, 3))
  t.deepEqual(stream.stats(), { received: 15_000, delivered: 15_000, dropped: 0, buffered: 0 })
})

test('s16 rounds half to even, and clamps', async (t) => {
  const step = 1 / 32_768
  const cases: [number, number][] = [
    [0, 0], [0.5 * step, 0], [1.5 * step, 2], [2.5 * step, 2], [-0.5 * step, 0], [-1.5 * step, -2], [-2.5 * step, -2],
    [0.49 * step, 0], [0.51 * step, 1], [-0.51 * step, -1], [32_766.5 * step, 32_766], [32_767 * step, 32_767],
    [1, 32_767], [-1, -32_768], [1.5, 32_767], [-1.5, -32_768], [3e38, 32_767], [-3e38, -32_768], [0.25, 8192],
  ]
  const stand = await Stand.open(t, { channels: 1 }, { channels: 1 })
  const stream = stand.capture.readable({ format: 's16' })
  stand.device.feed({ channelData: [Float32Array.from(cases, ([sample]) => sample)], sampleRate: 48_000 })
  await stand.device.step(cases.length)
  await stand.capture.close()
  const bytes = await bytesOf(stream)
  t.deepEqual(cases.map((_, n) => bytes.readInt16LE(2 * n)), cases.map(([, integer]) => integer))
  t.is(bytes.length, 2 * cases.length)
})

test('overlap is for chunks: a stream has each sample once', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 480, hop: 48 })
  const stream = stand.capture.readable()
  await stand.record(2000)
  await stand.capture.close()
  t.deepEqual(floats(await bytesOf(stream)), interleaved(0, 2000, 2))
})

/** Frames 0…999, 1,500 frames lost, then 600 more. */
async function lossy(t: Parameters<typeof Stand.open>[0], gaps?: 'silence' | 'splice'): Promise<[Float32Array, number]> {
  const stand = await Stand.open(t, { ...STEREO, capacity: 2000 })
  const stream = stand.capture.readable({ highWaterMark: 0, ...(gaps && { gaps }) })
  await stand.record(2500)
  const pushes: Buffer[] = []
  stream.on('data', (bytes: Buffer) => pushes.push(bytes))
  await until(t, 'what waited was read', () => stream.stats().buffered === 0)
  const ended = finished(stream)
  await stand.record(600)
  await stand.capture.close()
  await ended
  return [floats(Buffer.concat(pushes)), stream.stats().dropped]
}

test('silence stands where samples were lost, as much as was lost, and is the default', async (t) => {
  for (const gaps of [undefined, 'silence'] as const) {
    const [heard, dropped] = await lossy(t, gaps)
    t.is(heard.length, 2 * 3100)
    t.is(dropped, 3000)
    t.deepEqual(heard.subarray(0, 2000), interleaved(0, 1000, 2))
    t.deepEqual(heard.subarray(2000, 5000), new Float32Array(3000))
    t.deepEqual(heard.subarray(5000), interleaved(2500, 600, 2))
  }
})

test('spliced, what comes after a loss joins what came before', async (t) => {
  const [heard, dropped] = await lossy(t, 'splice')
  t.is(heard.length, 2 * 1600)
  t.is(dropped, 3000)
  t.deepEqual(heard.subarray(0, 2000), interleaved(0, 1000, 2))
  t.deepEqual(heard.subarray(2000), interleaved(2500, 600, 2))
})

test('a loss before the first chunk and one at the very end are silence too', async (t) => {
  const stand = await Stand.open(t, { ...STEREO, capacity: 200 })
  // The first reader leaves with a loss open: the next one is told of it.
  const first = stand.capture.chunks()
  await stand.record(50)
  await first.return?.()
  await stand.record(400)
  const stream = stand.capture.readable()
  await until(t, 'the ring was handed out', () => stand.capture.stats().buffered === 0)
  await stand.record(300)
  await stand.capture.close()
  const heard = floats(await bytesOf(stream))
  const { received, dropped } = stream.stats()
  t.is(heard.length, received, 'the time axis is whole')
  t.is(heard.length, 2 * 700)
  t.is(dropped, 2 * 600)
  t.deepEqual(heard.subarray(0, 200), interleaved(50, 100, 2))
  t.deepEqual(heard.subarray(200), new Float32Array(1200))
})

test('a stream that is not read keeps no more than its mark in JavaScript', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 480, capacity: 96_000 })
  const stream = stand.capture.readable({ highWaterMark: 8000 })
  stream.once('readable', () => undefined)
  for (let n = 0; n < 10; n++) {
    await stand.record(4800)
    t.true(stream.readableLength <= 8000 + 480 * 8, `${stream.readableLength} bytes`)
    assertReaderBalanced(t, stream.stats(), 2)
  }
  t.true(stream.stats().buffered >= 2 * (48_000 - 480) - (8000 / 4 + 960), 'the rest waits natively')
  t.is(stream.stats().dropped, 0)
  await stand.capture.close()
  t.deepEqual(floats(await bytesOf(stream)), interleaved(0, 48_000, 2))
})

test('the silence of a long pause obeys back-pressure', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 480, bufferSize: 48_000 })
  const stream = stand.capture.readable({ highWaterMark: 16_384 })
  await stand.record(480)
  stand.capture.pause()
  await stand.device.step(20 * 60 * 48_000)
  stand.capture.resume()
  await stand.record(480)
  stream.read(0)
  await until(t, 'the stream has asked', () => stream.readableLength > 0)
  await stand.capture.close()
  let bytes = 0
  let most = 0
  for await (const push of stream) {
    bytes += (push as Buffer).length
    most = Math.max(most, stream.readableLength)
  }
  t.is(bytes, (20 * 60 * 48_000 + 960) * 8)
  t.true(most < 200_000, `${most} bytes at once`)
})

test('pipeline() takes it to a file', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-readable-'))
  t.teardown(() => { rmSync(dir, { recursive: true }) })
  const file = path.join(dir, 'capture.pcm')
  const stand = await Stand.open(t, STEREO)
  const done = pipeline(stand.capture.readable(), createWriteStream(file))
  for (let n = 0; n < 20; n++) await stand.record(1000)
  await stand.capture.close()
  await done
  t.deepEqual(floats(readFileSync(file)), interleaved(0, 20_000, 2))
})

test('destroy() detaches and closes nothing', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const [gone, other] = [stand.capture.readable(), stand.capture.readable()]
  await stand.record(300)
  gone.destroy()
  await finished(gone).catch(() => undefined)
  t.is(stand.capture.stats().readers.length, 1)
  for await (const bytes of other) {
    t.true((bytes as Buffer).length > 0)
    break
  }
  t.true(other.destroyed)
  t.deepEqual(stand.capture.stats().readers, [])
  await stand.record(300)
  t.is(stand.capture.stats().captured, 1200)
  assertReaderBalanced(t, gone.stats(), 2)
})

test('an abort destroys the stream with an AbortError', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const controller = new AbortController()
  const stream = stand.capture.readable({ signal: controller.signal })
  const ended = t.throwsAsync(bytesOf(stream), { name: 'AbortError' })
  await stand.record(300)
  controller.abort()
  await ended
  t.deepEqual(stand.capture.stats().readers, [])
  await t.throwsAsync(bytesOf(stand.capture.readable({ signal: AbortSignal.abort() })), { name: 'AbortError' })
  t.deepEqual(stand.capture.stats().readers, [])
})

test('a waiting stream does not hold up close(), and ends then', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const stream = stand.capture.readable()
  const all = bytesOf(stream)
  await stand.record(150)
  await stand.capture.close()
  t.deepEqual(floats(await all), interleaved(0, 150, 2))
})
