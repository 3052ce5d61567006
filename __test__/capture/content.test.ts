// What a capture delivers: every bit, on its frame, in its channel.
import test from 'ava'
import { Capture, Engine } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { Stand, assertBalanced, assertWhole, identity, interleaved, outline, rest, take } from './stand'

const ODD_BLOCKS = [1, 7, 256, 1024, 333]

for (const channels of [1, 2, 3, 8]) {
  test(`${channels} channels of a device of as many arrive bit for bit`, async (t) => {
    const stand = await Stand.open(t, { channels }, { channels, blockSizes: ODD_BLOCKS })
    t.is(stand.capture.channels, channels)
    t.is(stand.capture.sampleRate, 48_000)
    const chunks = stand.capture.chunks()
    await stand.record(10_007)
    const stats = await stand.capture.close()
    const heard = await rest(chunks)
    assertWhole(t, heard, channels)
    t.is(heard.reduce((sum, chunk) => sum + chunk.frames, 0), 10_007)
    t.is(stats.captured, 10_007 * channels)
    t.is(stats.dropped, 0)
    assertBalanced(t, stand.capture)
  })
}

for (const channels of [2, 8]) {
  test(`one channel of a device of ${channels} is their average, and the default`, async (t) => {
    const stand = await Stand.open(t, {}, { channels, blockSizes: ODD_BLOCKS })
    t.is(stand.capture.channels, 1)
    const chunks = stand.capture.chunks()
    await stand.record(5000)
    await stand.capture.close()
    const heard = await rest(chunks)
    for (const chunk of heard) {
      // The average of neighbours in an arithmetic sequence is the mean of its two ends.
      const average = (_: unknown, n: number) =>
        (identity(chunk.frame + n, 0, channels) + identity(chunk.frame + n, channels - 1, channels)) / 2
      t.deepEqual(chunk.samples, Float32Array.from({ length: chunk.frames }, average))
    }
    t.is(heard.reduce((sum, chunk) => sum + chunk.frames, 0), 5000)
  })
}

test('values that are rare pass bit for bit', async (t) => {
  const rare = Float32Array.of(0, -0, 1e-45, -1e-40, 1.17549435e-38, 1, -1, 1.5, -2, 3e38, -3e38, 1 / 3)
  const stand = await Stand.open(t, { channels: 1 }, { channels: 1 })
  const chunks = stand.capture.chunks()
  stand.device.feed({ channelData: [rare], sampleRate: 48_000 })
  await stand.device.step(rare.length)
  await stand.capture.close()
  const [chunk] = await rest(chunks)
  t.deepEqual(new Uint32Array(chunk?.samples.buffer ?? new ArrayBuffer(0)), new Uint32Array(rare.buffer))
})

for (const [sampleRate, frames] of [[48_000, 960], [44_100, 882], [22_050, 441], [8000, 160]] as const) {
  test(`a chunk is 20 ms where nothing else is asked: ${frames} frames at ${sampleRate} Hz`, async (t) => {
    const stand = await Stand.open(t, { channels: 2 }, { sampleRate })
    t.is(stand.capture.sampleRate, sampleRate)
    const chunks = stand.capture.chunks()
    await stand.record(3 * frames + 1)
    await stand.capture.close()
    const heard = await rest(chunks)
    t.deepEqual(outline(heard), [[0, frames, 0], [frames, frames, 0], [2 * frames, frames, 0], [3 * frames, 1, 0]])
    t.true(heard.every((chunk) => chunk.sampleRate === sampleRate))
    assertWhole(t, heard, 2)
  })
}

test('the default chunk counts at the delivered rate', async (t) => {
  const stand = await Stand.open(t, { sampleRate: 16_000 })
  const chunks = stand.capture.chunks()
  await stand.record(4800)
  const [chunk] = await take(chunks, 1)
  t.is(chunk?.frames, 320)
  t.is(chunk?.sampleRate, 16_000)
})

test('the last chunk is final: short when frames are left, empty when none are', async (t) => {
  for (const [frames, last] of [[1000, 100], [900, 0], [0, 0], [299, 299]] as const) {
    const stand = await Stand.open(t, { channels: 2, chunk: 300 })
    const chunks = stand.capture.chunks()
    await stand.record(frames)
    await stand.capture.close()
    const heard = await rest(chunks)
    assertWhole(t, heard, 2)
    t.is(heard.length, Math.floor(frames / 300) + 1)
    t.is(heard.at(-1)?.frames, last)
    t.is(heard.at(-1)?.frame, frames - last)
    t.deepEqual(await chunks.next(), { done: true, value: undefined })
  }
})

test('a chunk longer than the ring arrives whole', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 5000, capacity: 1000 })
  const chunks = stand.capture.chunks()
  await stand.record(10_000)
  await stand.capture.close()
  // The queue of a reader holds a chunk, and here no more.
  t.deepEqual(outline(await rest(chunks)), [[0, 5000, 0], [10_000, 0, 10_000]])
})

test('with a hop chunks overlap, and each sample counts once', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 480, hop: 120 })
  const chunks = stand.capture.chunks()
  await stand.record(1000)
  const heard = await take(chunks, 5)
  t.deepEqual(outline(heard), [[0, 480, 0], [120, 480, 0], [240, 480, 0], [360, 480, 0], [480, 480, 0]])
  for (const chunk of heard) t.deepEqual(chunk.samples, interleaved(chunk.frame, 480, 2))
  t.deepEqual(chunks.stats(), { received: 2000, delivered: 1920, dropped: 0, buffered: 80 })
  await stand.capture.close()
  const [last] = await rest(chunks)
  t.is(last?.final, true)
  t.is(last?.frame, 600)
  t.deepEqual(last?.samples, interleaved(600, 400, 2))
  t.deepEqual(chunks.stats(), { received: 2000, delivered: 2000, dropped: 0, buffered: 0 })
})

test('a hop goes with the default chunk', async (t) => {
  const stand = await Stand.open(t, { channels: 2, hop: 240 })
  const chunks = stand.capture.chunks()
  await stand.record(1440)
  t.deepEqual(outline(await take(chunks, 3)), [[0, 960, 0], [240, 960, 0], [480, 960, 0]])
})

test('every chunk is a fresh array that the receiver owns', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 100, hop: 50 })
  const [mine, yours] = [stand.capture.chunks(), stand.capture.chunks()]
  await stand.record(150)
  const [first, second] = await take(mine, 2)
  first?.samples.fill(9)
  t.deepEqual(second?.samples, interleaved(50, 100, 2))
  const [theirs] = await take(yours, 1)
  t.deepEqual(theirs?.samples, interleaved(0, 100, 2))
  t.not(first?.samples.buffer, second?.samples.buffer)
  t.is(first?.samples.byteOffset, 0)
})

test('what an engine plays on a device with loopback is captured on the frame it was played', async (t) => {
  const device = createVirtualDevice({ loopback: true })
  t.teardown(() => { device.close() })
  const engine = await Engine.open({ device: device.id })
  t.teardown(() => engine.close())
  const capture = await Capture.open({ device: device.id, channels: 2, chunk: 1000 })
  t.teardown(() => capture.close())
  const chunks = capture.chunks()
  const left = Float32Array.from({ length: 3000 }, (_, n) => identity(n, 0, 2))
  const right = Float32Array.from({ length: 3000 }, (_, n) => identity(n, 1, 2))
  const sample = await engine.load({ channelData: [left, right], sampleRate: 48_000 })
  engine.createTrack().play(sample, { at: { frame: 2000 } })
  await device.step(6000)
  const heard = await take(chunks, 5)
  t.deepEqual(heard[0]?.samples, new Float32Array(2000))
  t.deepEqual(heard[1]?.samples, new Float32Array(2000))
  heard.slice(2).forEach((chunk, n) => t.deepEqual(chunk.samples, interleaved(n * 1000, 1000, 2)))
})

test('a buffer size that the device refuses falls back, and says so after open() has resolved', async (t) => {
  const device = createVirtualDevice({ bufferSize: 512, acceptedBufferSizes: [512] })
  t.teardown(() => { device.close() })
  const capture = await Capture.open({ device: device.id, bufferSize: 128 })
  t.teardown(() => capture.close())
  t.is(capture.bufferSize, 512)
  t.is(capture.device.id, device.id)
  t.is(capture.device.backend, 'virtual')
  t.deepEqual(capture.warnings.map(({ code }) => code), ['BUFFER_SIZE_FALLBACK'], 'kept at once, told later')
  const warning = await new Promise((resolve) => capture.once('warning', resolve))
  t.like(warning, { code: 'BUFFER_SIZE_FALLBACK', asked: 128, granted: 512 })
  t.deepEqual(capture.warnings, [warning])
})
