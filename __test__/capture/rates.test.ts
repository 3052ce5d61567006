// A capture at another rate than its device's: length, place and channels.
import test from 'ava'
import { Stand, assertBalanced, rest } from './stand'

const RATES = [[48_000, 16_000], [48_000, 24_000], [44_100, 48_000], [48_000, 44_100], [8000, 48_000], [96_000, 22_050]] as const

for (const [from, to] of RATES) {
  test(`n frames at ${from} Hz are round(n × out / in) at ${to} Hz`, async (t) => {
    for (const frames of [0, 1, 3, 441, 10_007, 48_000]) {
      const stand = await Stand.open(t, { channels: 2, sampleRate: to, capacity: 600_000 }, { sampleRate: from, blockSizes: [256, 31, 1000] })
      t.is(stand.capture.sampleRate, to)
      const chunks = stand.capture.chunks()
      await stand.record(frames)
      const stats = await stand.capture.close()
      const expected = Math.round((frames * to) / from)
      const heard = await rest(chunks)
      t.is(heard.reduce((sum, chunk) => sum + chunk.frames, 0), expected, `${frames} frames`)
      t.is(stats.captured, 2 * expected)
      let next = 0
      for (const chunk of heard) {
        t.is(chunk.frame, next)
        t.is(chunk.sampleRate, to)
        next += chunk.frames
      }
      assertBalanced(t, stand.capture)
    }
  })
}

for (const quality of ['low-latency', 'balanced', 'best'] as const) {
  for (const [from, to] of [[48_000, 16_000], [44_100, 48_000]] as const) {
    test(`${quality}, ${from} to ${to} Hz: a tone stays in its place and its channel`, async (t) => {
      const stand = await Stand.open(t, { channels: 2, sampleRate: to, quality }, { sampleRate: from })
      const chunks = stand.capture.chunks()
      const tone = (hertz: number, rate: number) => (_: unknown, n: number) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / rate)
      const left = Float32Array.from({ length: from }, tone(1000, from))
      const right = Float32Array.from({ length: from }, tone(440, from))
      stand.device.feed({ channelData: [left, right], sampleRate: from })
      await stand.device.step(from)
      await stand.capture.close()
      const heard = await rest(chunks)
      const samples = heard.flatMap((chunk) => [...chunk.samples])
      t.is(samples.length, 2 * to)
      let worst = 0
      for (let frame = 1000; frame < to - 1000; frame++) {
        const [l = 0, r = 0] = samples.slice(2 * frame, 2 * frame + 2)
        worst = Math.max(worst, Math.abs(l - tone(1000, to)(0, frame)), Math.abs(r - tone(440, to)(0, frame)))
      }
      // One frame out of place would be 0.03 off.
      t.true(worst < 0.002, `off by ${worst}`)
    })
  }
}

test('the delay of the resampler shows in the latency', async (t) => {
  const plain = await Stand.open(t)
  const resampled = await Stand.open(t, { sampleRate: 16_000 })
  t.true(plain.capture.latency >= 0)
  t.true(resampled.capture.latency > plain.capture.latency)
  t.true(resampled.capture.latency < 0.1, 'seconds')
})
