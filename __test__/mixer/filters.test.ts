// The filter against the Audio EQ Cookbook, evaluated here in double precision: −120 dBFS or less.
import test, { type ExecutionContext } from 'ava'
import type { FilterType } from '../../index'
import { channel, exponential, flat, isHeard, isSame, ramp, stage } from '../playback/stage'
import { noise } from '../support/signal'
import { type FilterValues, filtered, playing } from './stage-mixer'

const TYPES = ['lowpass', 'highpass', 'bandpass', 'notch', 'allpass', 'peaking', 'lowshelf', 'highshelf'] as const
const DEFAULTS: FilterValues = { frequency: 1000, q: Math.SQRT1_2, gainDb: 0 }
/** −120 dBFS. */
const EXACT = 1e-6

function isFiltered(
  t: ExecutionContext,
  heard: Float32Array,
  signal: Float32Array,
  type: FilterType,
  values: (frame: number) => FilterValues,
  rate?: number,
): void {
  const expected = filtered(signal, type, values, rate)
  isHeard(t, heard, (n) => expected[n] ?? NaN, EXACT)
}

for (const type of TYPES) {
  test(`${type} is the cookbook's, wherever it stands`, async (t) => {
    const signal = noise(3000, 1).map((x) => x / 8)
    const places: FilterValues[] = [
      DEFAULTS,
      { frequency: 10, q: 0.05, gainDb: 0 },
      { frequency: 50, q: 40, gainDb: -40 },
      { frequency: 440, q: 2, gainDb: 12 },
      { frequency: 7000, q: 0.5, gainDb: -7.5 },
      { frequency: 20_000, q: 8, gainDb: 18 },
    ]
    const { engine, play, sample } = await stage(t, { safetyLimiter: false }, { blockSizes: [256, 1, 99] })
    const sound = await sample(signal, signal)
    for (const place of places) {
      const track = engine.createTrack()
      track.fx.add('filter', { type, ...place })
      track.play(sound)
      isFiltered(t, channel(await play(3000), 0), signal, type, () => place)
      track.remove()
      await play(1000)
    }
  })

  test(`${type} moves with its parameters frame by frame`, async (t) => {
    const signal = noise(8000, 2).map((x) => x / 8)
    const { track, play } = await playing(t, signal, { safetyLimiter: false }, { blockSizes: [200, 1, 333] })
    const { params } = track.fx.add('filter', { type, frequency: 400, q: 1, gainDb: 6 })
    params.frequency.set(6000, { at: { frame: 1000 }, ramp: 0.02, curve: 'linear' })
    params.q.set(4, { at: { frame: 1200 }, ramp: 0.05 })
    params.gainDb.set(-12, { at: { frame: 3000 }, ramp: 0.03 })
    // Hertz move in equal ratios unless a curve is given.
    params.frequency.set(100, { at: { frame: 5000 }, ramp: 0.025 })
    isFiltered(t, channel(await play(8000), 0), signal, type, (n) => ({
      frequency:
        n < 1000 ? 400
        : n < 5000 ? ramp(400, 6000, n - 1000, 960)
        : exponential(6000, 100, n - 5000, 1200),
      q: n < 1200 ? 1 : ramp(1, 4, n - 1200, 2400),
      gainDb: n < 3000 ? 6 : ramp(6, -12, n - 3000, 1440),
    }))
  })
}

test('a filter added without parameters is a low-pass at 1,000 Hz, and its type is no parameter', async (t) => {
  const signal = noise(2000, 3)
  const { track, play } = await playing(t, signal)
  const filter = track.fx.add('filter')
  t.deepEqual(Object.keys(filter.params).sort(), ['frequency', 'gainDb', 'q'])
  t.like(filter.params.frequency, { name: 'frequency', unit: 'Hz', min: 10, max: 20_000, default: 1000, value: 1000 })
  t.like(filter.params.q, { name: 'q', min: 0.05, max: 40, default: Math.SQRT1_2, value: Math.SQRT1_2 })
  t.like(filter.params.gainDb, { name: 'gainDb', unit: 'dB', min: -40, max: 40, default: 0, value: 0 })
  isFiltered(t, channel(await play(2000), 0), signal, 'lowpass', () => DEFAULTS)
})

test('channels are filtered apart', async (t) => {
  const { engine, play, sample } = await stage(t)
  const [left, right] = [noise(2000, 4).map((x) => x / 4), noise(2000, 5).map((x) => x / 4)]
  const track = engine.createTrack()
  track.fx.add('filter', { type: 'highpass', frequency: 300 })
  track.play(await sample(left, right), { at: 0 })
  const heard = await play(2000)
  for (const [index, signal] of [left, right].entries()) {
    isFiltered(t, channel(heard, index), signal, 'highpass', () => ({ ...DEFAULTS, frequency: 300 }))
  }
})

test('filters in a row are filters of filters', async (t) => {
  const signal = noise(3000, 6).map((x) => x / 8)
  const { track, play } = await playing(t, signal)
  const chain = [
    ['highpass', { ...DEFAULTS, frequency: 80 }],
    ['peaking', { frequency: 900, q: 2, gainDb: 9 }],
    ['highshelf', { frequency: 5000, q: 0.7, gainDb: -6 }],
    ['lowpass', { ...DEFAULTS, frequency: 12_000 }],
  ] as const
  let expected: Float64Array = Float64Array.from(signal)
  for (const [type, values] of chain) {
    track.fx.add('filter', { type, ...values })
    expected = filtered(expected, type, () => values)
  }
  isHeard(t, channel(await play(3000), 0), (n) => expected[n] ?? NaN, EXACT)
})

test('a frequency beyond 0.49 of the rate stays there', async (t) => {
  const rate = 22_050
  const { engine, play, sample } = await stage(t, {}, { sampleRate: rate })
  const signal = noise(2000, 7).map((x) => x / 4)
  const track = engine.createTrack()
  const { params } = track.fx.add('filter', { frequency: 20_000 })
  t.is(params.frequency.value, 20_000)
  track.play(await sample(signal, signal), { at: 0 })
  isFiltered(t, channel(await play(2000), 0), signal, 'lowpass', () => ({ ...DEFAULTS, frequency: 0.49 * rate }), rate)
})

test('a frequency follows an automation', async (t) => {
  const signal = noise(9000, 8).map((x) => x / 4)
  const { track, play } = await playing(t, signal)
  const { frequency } = track.fx.add('filter', { type: 'bandpass', frequency: 500 }).params
  frequency.automate([
    { at: { frame: 2000 }, value: 500, curve: 'step' },
    { at: { frame: 4000 }, value: 4000 },
    { at: { frame: 6000 }, value: 1000, curve: 'linear' },
    { at: { frame: 7000 }, value: 200, curve: 'step' },
  ])
  isFiltered(t, channel(await play(9000), 0), signal, 'bandpass', (n) => {
    const frequency =
      n <= 2000 ? 500
      : n <= 4000 ? exponential(500, 4000, n - 2001, 2000)
      : n <= 6000 ? ramp(4000, 1000, n - 4001, 2000)
      : n < 7000 ? 1000
      : 200
    return { ...DEFAULTS, frequency }
  })
})

test('a peaking filter and a shelf of 0 dB pass what they are given', async (t) => {
  const signal = noise(2000, 9).map((x) => x / 2)
  for (const type of ['peaking', 'lowshelf', 'highshelf'] as const) {
    const { track, play } = await playing(t, signal)
    track.fx.add('filter', { type })
    isHeard(t, channel(await play(2000), 0), (n) => signal[n] ?? 0, EXACT)
  }
})

test('after its last sample a filter rings out to silence, exact zeros', async (t) => {
  const { engine, play, sample } = await stage(t)
  const burst = await sample(noise(500, 10), noise(500, 10))
  for (const type of TYPES) {
    const track = engine.createTrack({ volume: 1 / 16 })
    track.fx.add('filter', { type, frequency: 200, q: 1, gainDb: 6 })
    track.play(burst)
    const heard = channel(await play(12_000), 0)
    t.not(heard[520], 0, type)
    isSame(t, heard.subarray(8000), flat(0, 4000))
    track.remove()
  }
})
