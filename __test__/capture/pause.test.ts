// While a capture is paused nothing is captured, and `frame` follows time.
import test from 'ava'
import { Stand, assertBalanced, interleaved, outline, rest } from './stand'

test('a pause leaves out its frames and loses none', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 300 })
  const chunks = stand.capture.chunks()
  await stand.record(500)
  stand.capture.pause()
  stand.capture.pause()
  await stand.record(700)
  t.is(stand.capture.stats().captured, 1000)
  stand.capture.resume()
  stand.capture.resume()
  await stand.record(500)
  const stats = await stand.capture.close()
  t.like(stats, { captured: 2000, delivered: 2000, dropped: 0, lostByDevice: 0 })
  const heard = await rest(chunks)
  // The chunk before the pause is short: no gap lies inside a chunk.
  t.deepEqual(outline(heard), [[0, 300, 0], [300, 200, 0], [1200, 300, 0], [1500, 200, 0]])
  for (const chunk of heard) t.deepEqual(chunk.samples, interleaved(chunk.frame, chunk.frames, 2))
  assertBalanced(t, stand.capture)
})

test('times go on over a pause', async (t) => {
  const stand = await Stand.open(t, { chunk: 480, bufferSize: 480 }, { clock: 'realtime' })
  const chunks = stand.capture.chunks()
  const { value: before } = (await chunks.next()) as { value: { frame: number; time: number } }
  stand.capture.pause()
  await new Promise((resolve) => setTimeout(resolve, 150))
  stand.capture.resume()
  for await (const chunk of chunks) {
    const frames = chunk.frame - before.frame
    // The first one behind the pause: more than 100 ms are missing.
    if (frames < 5000) continue
    t.true(Math.abs(chunk.time - before.time - frames / 48_000) < 0.1)
    t.is(chunk.droppedBefore, 0)
    break
  }
})

test('a resampled capture keeps to the time of the device over pauses', async (t) => {
  const stand = await Stand.open(t, { channels: 2, sampleRate: 16_000, chunk: 160 })
  const chunks = stand.capture.chunks()
  for (let n = 0; n < 4; n++) {
    await stand.record(1000)
    stand.capture.pause()
    await stand.record(4000)
    stand.capture.resume()
  }
  await stand.record(1000)
  await stand.capture.close()
  const heard = await rest(chunks)
  const starts = heard.filter((chunk, n) => chunk.frame !== (heard[n - 1]?.frame ?? 0) + (heard[n - 1]?.frames ?? 0))
  // Each run begins at round(n × 5,000 / 3).
  t.deepEqual(starts.map((chunk) => chunk.frame), [1667, 3333, 5000, 6667])
  t.is(heard.reduce((sum, chunk) => sum + chunk.droppedBefore, 0), 0)
})

test('a capture that is closed while it is paused delivers what came before', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 300 })
  const chunks = stand.capture.chunks()
  await stand.record(500)
  stand.capture.pause()
  await stand.record(500)
  await stand.capture.close()
  const heard = await rest(chunks)
  t.deepEqual(outline(heard), [[0, 300, 0], [300, 200, 0]])
  t.is(heard.at(-1)?.final, true)
})

test('the meter shows what is captured, and nothing while paused', async (t) => {
  const stand = await Stand.open(t, { channels: 2 })
  const level = (left: number, right: number) => ({
    channelData: [new Float32Array(9600).fill(left), new Float32Array(9600).fill(right)], sampleRate: 48_000,
  })
  stand.device.feed(level(0.5, -0.25))
  await stand.device.step(9600)
  t.deepEqual(stand.capture.meter(), { peak: [0.5, 0.25], rms: [0.5, 0.25] })
  t.deepEqual(stand.capture.meter(), { peak: [0.5, 0.25], rms: [0.5, 0.25] }, 'reading changes nothing')
  stand.capture.pause()
  stand.device.feed(level(1, 1))
  await stand.device.step(9600)
  t.deepEqual(stand.capture.meter(), { peak: [0, 0], rms: [0, 0] })
})
