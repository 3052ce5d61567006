// `preRoll`: what is kept while a capture is paused, and delivered first when it goes on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { Capture, type Chunk } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { noise } from '../support/signal'
import { Stand, assertBalanced, interleaved, outline, rest } from './stand'
import { readWav } from './wav'

/** The samples of chunks that follow each other without a gap. */
function joined(chunks: readonly Chunk[]): Float32Array {
  return Float32Array.from(chunks.flatMap((chunk) => Array.from(chunk.samples)))
}

test('on resume comes what was kept, and the frame axis has its gap before that', async (t) => {
  // 0.0125 s at 48 kHz: 600 frames.
  const stand = await Stand.open(t, { channels: 2, chunk: 300, preRoll: 0.0125 })
  const chunks = stand.capture.chunks()
  await stand.record(500)
  stand.capture.pause()
  await stand.record(2000)
  t.is(stand.capture.stats().captured, 1000, 'what is kept is not captured yet')
  stand.capture.resume()
  await stand.record(500)
  t.like(assertBalanced(t, stand.capture), { captured: 2 * (500 + 600 + 500) })
  const stats = await stand.capture.close()
  t.like(stats, { captured: 3200, delivered: 3200, dropped: 0, lostByDevice: 0 })
  const heard = await rest(chunks)
  t.deepEqual(outline(heard), [[0, 300, 0], [300, 200, 0], [1900, 300, 0], [2200, 300, 0], [2500, 300, 0], [2800, 200, 0]])
  for (const chunk of heard) t.deepEqual(chunk.samples, interleaved(chunk.frame, chunk.frames, 2))
})

test('resume() directly followed by close() delivers what was kept', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 1000, preRoll: 0.0125 })
  const chunks = stand.capture.chunks()
  await stand.record(500)
  stand.capture.pause()
  await stand.record(2000)
  stand.capture.resume()
  const stats = await stand.capture.close()
  t.like(stats, { captured: 2 * (500 + 600), delivered: 2 * (500 + 600), dropped: 0, lostByDevice: 0 })
  const heard = await rest(chunks)
  t.deepEqual(outline(heard), [[0, 500, 0], [1900, 600, 0]])
  for (const chunk of heard) t.deepEqual(chunk.samples, interleaved(chunk.frame, chunk.frames, 2))
})

for (const sampleRate of [48_000, 16_000, 44_100]) {
  test(`a pause shorter than the preRoll leaves no trace at ${sampleRate} Hz`, async (t) => {
    const sound = noise(30_000, 9)
    const run = async (pauses: boolean): Promise<Chunk[]> => {
      const device = createVirtualDevice({ channels: 2, blockSizes: [256, 77, 1000] })
      t.teardown(() => { device.close() })
      const capture = await Capture.open({ device: device.id, channels: 2, sampleRate, preRoll: pauses ? 0.2 : 0 })
      const chunks = capture.chunks()
      device.feed({ channelData: [sound, sound.map((x) => -x)], sampleRate: 48_000 })
      for (const [n, frames] of [4000, 9000, 1000, 3000, 2000, 500, 10_500].entries()) {
        if (pauses && n % 2 === 1) capture.pause()
        else capture.resume()
        await device.step(frames)
        assertBalanced(t, capture)
      }
      await capture.close()
      return rest(chunks)
    }
    const [whole, paused] = [await run(false), await run(true)]
    t.deepEqual(outline(paused), outline(whole))
    t.deepEqual(joined(paused), joined(whole))
  })
}

test('a recording has the pre-roll in its place, and silence for the rest of the pause', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-preroll-'))
  t.teardown(() => { rmSync(dir, { recursive: true, force: true }) })
  const stand = await Stand.open(t, { channels: 2, preRoll: 0.01 })
  const recording = await stand.capture.record(path.join(dir, 'a.wav'))
  await stand.record(1000)
  stand.capture.pause()
  await stand.record(3000)
  stand.capture.resume()
  await stand.record(1000)
  await recording.stop()
  const { values } = readWav(path.join(dir, 'a.wav'))
  const expected = Float64Array.from(interleaved(0, 5000, 2))
  expected.fill(0, 2 * 1000, 2 * (4000 - 480))
  t.deepEqual(values, expected)
})

test('what finds no room on resume is dropped, and told in its place', async (t) => {
  const stand = await Stand.open(t, { channels: 2, capacity: 1000, preRoll: 0.05 })
  stand.capture.pause()
  await stand.record(5000)
  stand.capture.resume()
  // Nobody reads: the ring takes 500 frames of the 2,400 that were kept.
  await stand.record(100)
  t.like(assertBalanced(t, stand.capture), { captured: 5000, dropped: 4000, buffered: 1000 })
  const chunks = stand.capture.chunks()
  await stand.capture.close()
  const heard = await rest(chunks)
  t.is(heard[0]?.frame, 2600)
  t.is(heard.reduce((sum, chunk) => sum + chunk.frames, 0), 500)
  t.is(heard.reduce((sum, chunk) => sum + chunk.droppedBefore, 0), 4000)
})

test('thirty seconds go over whole: the ring is larger by the preRoll', async (t) => {
  const stand = await Stand.open(t, { channels: 1, sampleRate: 8000, preRoll: 30 }, { channels: 1, sampleRate: 8000, bufferSize: 64 })
  const chunks = stand.capture.chunks()
  stand.capture.pause()
  await stand.record(250_000)
  stand.capture.resume()
  await stand.record(1000)
  await stand.capture.close()
  const heard = await rest(chunks)
  t.is(heard[0]?.frame, 10_000)
  t.deepEqual(joined(heard), interleaved(10_000, 241_000, 1))
})
