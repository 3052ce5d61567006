// When a frame was at the device, on the clock of performance.now() / 1000.
import test from 'ava'
import { Stand, take } from './stand'

for (const sampleRate of [48_000, 16_000]) {
  test(`times are seconds of performance.now(), delivered at ${sampleRate} Hz`, async (t) => {
    const before = performance.now() / 1000
    const stand = await Stand.open(t, { sampleRate }, { clock: 'realtime' })
    const block = stand.capture.bufferSize / 48_000
    const chunks = stand.capture.chunks()
    const seen: { time: number; frame: number; now: number }[] = []
    for (let n = 0; n < 25; n++) {
      const [chunk] = await take(chunks, 1)
      if (chunk) seen.push({ ...chunk, now: performance.now() / 1000 })
    }
    for (const { time, now } of seen) {
      t.true(time >= before - block, 'not before the capture was opened')
      // A block that comes late is told to have come then, and its last frame a block later.
      t.true(time <= now + block, 'not in the future')
    }
    seen.reduce((a, b) => {
      t.true(b.time > a.time, 'in order')
      return b
    })
    // A device that is late captures less than time passed since it was opened, never more.
    const passed = (seen.at(-1)?.time ?? NaN) - before
    const captured = (seen.at(-1)?.frame ?? NaN) / sampleRate
    t.true(passed >= captured - block, `${captured} s of sound in ${passed} s`)
  })
}

test('times follow the frames within a block', async (t) => {
  // One block of 100 ms holds ten chunks: they share its mark.
  const stand = await Stand.open(t, { chunk: 480, bufferSize: 4800 })
  const chunks = stand.capture.chunks()
  await stand.record(4800)
  const heard = await take(chunks, 10)
  heard.forEach((chunk, n) => {
    t.true(Math.abs(chunk.time - (heard[0]?.time ?? 0) - n * 0.01) < 1e-6, `chunk ${n}`)
  })
})
