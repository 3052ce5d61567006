// `meter()`: peak and RMS of what is captured, over the last 100 ms.
import test from 'ava'
import { Stand } from './stand'
import { noise } from '../support/signal'

const RATE = 48_000
const { abs, max, min, sqrt } = Math

/** A hiss whose loudness changes all the time, in two channels. */
const left = noise(2 * RATE, 1).map((x, n) => x * (0.55 + 0.45 * Math.sin(n / 3000)))
const right = noise(2 * RATE, 2).map((x, n) => x * (0.3 + 0.25 * Math.sin(n / 1700)))

/** The least and the greatest of what a window of 100 to 110 ms before `end` says. */
function bounds(signal: Float32Array, end: number): { peak: [number, number]; rms: [number, number] } {
  let [sum, highest] = [0, 0]
  const [peak, rms]: [number, number][] = [[Infinity, 0], [Infinity, 0]]
  for (let length = 1; length <= min(end, 0.11 * RATE); length++) {
    const sample = signal[end - length] ?? NaN
    sum += sample * sample
    highest = max(highest, abs(sample))
    if (length < min(end, 0.1 * RATE)) continue
    const level = sqrt(sum / length)
    if (peak) [peak[0], peak[1]] = [min(peak[0], highest), max(peak[1], highest)]
    if (rms) [rms[0], rms[1]] = [min(rms[0], level), max(rms[1], level)]
  }
  return { peak: peak ?? [NaN, NaN], rms: rms ?? [NaN, NaN] }
}

for (const blockSizes of [[256], [1], [7, 4096, 480], [9600]]) {
  test(`the levels are those of the last 100 ms, with callbacks of ${blockSizes.join(', ')} frames`, async (t) => {
    const stand = await Stand.open(t, { channels: 2 }, { blockSizes })
    stand.device.feed({ channelData: [left, right], sampleRate: RATE })
    let end = 0
    for (const frames of [300, 1000, 3500, 4800, 333, 9600, 20_000]) {
      await stand.device.step(frames)
      end += frames
      const meter = stand.capture.meter()
      for (const [channel, signal] of [left, right].entries()) {
        const { peak, rms } = bounds(signal, end)
        const [shownPeak = NaN, shownRms = NaN] = [meter.peak[channel], meter.rms[channel]]
        t.true(shownPeak >= peak[0] && shownPeak <= peak[1], `peak ${shownPeak} at ${end}`)
        t.true(shownRms >= rms[0] * (1 - 1e-6) && shownRms <= rms[1] * (1 + 1e-6), `RMS ${shownRms} at ${end}`)
      }
    }
  })
}

test('the levels of a resampled mix are those of what is delivered', async (t) => {
  const stand = await Stand.open(t, { channels: 1, sampleRate: 22_050 })
  stand.device.feed({ channelData: [new Float32Array(9600).fill(0.5), new Float32Array(9600).fill(-0.25)], sampleRate: RATE })
  await stand.device.step(9600)
  const { peak, rms } = stand.capture.meter()
  t.is(peak.length, 1)
  t.true(abs((peak[0] ?? NaN) - 0.125) < 1e-4 && abs((rms[0] ?? NaN) - 0.125) < 1e-4)
})

for (const preRoll of [0, 0.5]) {
  test(`behind a pause the levels begin anew, with a preRoll of ${preRoll} s`, async (t) => {
    const stand = await Stand.open(t, { channels: 2, preRoll })
    const feed = async (level: number): Promise<void> => {
      const channel = new Float32Array(4800).fill(level)
      stand.device.feed({ channelData: [channel, channel], sampleRate: RATE })
      await stand.device.step(4800)
    }
    await feed(0.25)
    stand.capture.pause()
    await feed(1)
    t.deepEqual(stand.capture.meter(), { peak: [0, 0], rms: [0, 0] })
    stand.capture.resume()
    await feed(0.5)
    t.deepEqual(stand.capture.meter(), { peak: [0.5, 0.5], rms: [0.5, 0.5] })
  })
}

test('what is no number counts as silence in the levels', async (t) => {
  const stand = await Stand.open(t, { channels: 2 })
  const holed = Float32Array.from({ length: 4800 }, (_, n) => (n % 4 === 0 ? NaN : 0.5))
  stand.device.feed({ channelData: [holed, new Float32Array(4800).fill(NaN)], sampleRate: RATE })
  await stand.device.step(4800)
  const { peak, rms } = stand.capture.meter()
  t.deepEqual(peak, [0.5, 0])
  t.true(abs((rms[0] ?? NaN) - 0.5 * sqrt(0.75)) < 1e-6)
  t.is(rms[1], 0)
})
