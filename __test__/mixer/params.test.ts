// Every parameter alike: of tracks, voices, sends and effects.
import test, { type ExecutionContext } from 'ava'
import { NoxrunError, type Param } from '../../index'
import { exponential, flat, ramp } from '../playback/stage'
import { type PlayingStage, RAMP, playing } from './stage-mixer'

interface Case {
  of: (on: PlayingStage) => Param
  is: { name: string; unit: string; min: number; max: number; default: number }
  /** Values that it is moved between, of one sign where that is possible. */
  between: [number, number]
}

const CASES: Record<string, Case> = {
  'volume of a track': {
    of: ({ track }) => track.volume,
    is: { name: 'volume', unit: '', min: 0, max: 4, default: 1 },
    between: [0.25, 3],
  },
  'volume of the master': {
    of: ({ engine }) => engine.master.volume,
    is: { name: 'volume', unit: '', min: 0, max: 4, default: 1 },
    between: [0.25, 0.75],
  },
  'pan of a track': {
    of: ({ track }) => track.pan,
    is: { name: 'pan', unit: '', min: -1, max: 1, default: 0 },
    between: [0.125, 1],
  },
  'gain of a voice': {
    of: ({ voice }) => voice.gain,
    is: { name: 'gain', unit: '', min: 0, max: 16, default: 1 },
    between: [0.5, 12],
  },
  'rate of a voice': {
    of: ({ voice }) => voice.rate,
    is: { name: 'rate', unit: '', min: 0.0625, max: 16, default: 1 },
    between: [0.25, 2],
  },
  'gain of a send': {
    of: ({ engine, track }) => track.send(engine.createTrack()).gain,
    is: { name: 'gain', unit: '', min: 0, max: 4, default: 1 },
    between: [0.5, 2],
  },
  'gainDb of a gain': {
    of: ({ track }) => track.fx.add('gain').params.gainDb,
    is: { name: 'gainDb', unit: 'dB', min: -120, max: 24, default: 0 },
    between: [-48, -3],
  },
  'frequency of a filter': {
    of: ({ track }) => track.fx.add('filter').params.frequency,
    is: { name: 'frequency', unit: 'Hz', min: 10, max: 20_000, default: 1000 },
    between: [200, 5000],
  },
  'q of a filter': {
    of: ({ track }) => track.fx.add('filter').params.q,
    is: { name: 'q', unit: '', min: 0.05, max: 40, default: Math.SQRT1_2 },
    between: [0.5, 8],
  },
  'gainDb of a filter': {
    of: ({ engine }) => engine.master.fx.add('filter', { type: 'peaking' }).params.gainDb,
    is: { name: 'gainDb', unit: 'dB', min: -40, max: 40, default: 0 },
    between: [-12, -1],
  },
}

/** A stage that has rendered a block, so that nothing is new any more. */
async function used(t: ExecutionContext, of: Case['of']): Promise<PlayingStage & { param: Param }> {
  const on = await playing(t, flat(1 / 16, 100_000))
  const param = of(on)
  await on.play(256)
  return { ...on, param }
}

/** Steps, and checks the value that sounds after `frames` frames in all. */
async function follows(
  t: ExecutionContext,
  { param, play }: PlayingStage & { param: Param },
  stops: readonly number[],
  expected: (k: number) => number,
): Promise<void> {
  let done = 0
  for (const stop of stops) {
    await play(stop - done)
    done = stop
    const wanted = expected(stop - 1)
    t.true(Math.abs(param.current - wanted) <= 1e-12 * Math.abs(wanted), `frame ${stop - 1}: ${param.current}, not ${wanted}`)
  }
}

for (const [name, { of, is, between }] of Object.entries(CASES)) {
  const [low, high] = between

  test(`${name}: what it is called, its range, and where it stands`, async (t) => {
    const { param } = await used(t, of)
    t.like(param, is)
    t.is(param.value, is.default)
    t.is(param.current, is.default)
  })

  test(`${name}: moves along a ramp, and current follows it to the frame`, async (t) => {
    const on = await used(t, of)
    const { param } = on
    param.set(low, { ramp: 0 })
    t.is(param.value, low)
    t.is(param.current, is.default)
    await follows(t, on, [1, 10], () => low)
    param.set(high, { ramp: 0.01, curve: 'linear' })
    t.is(param.value, high)
    t.is(param.current, low)
    await follows(t, on, [1, 2, 100, 479, 480, 600], (k) => ramp(low, high, k, 480))
    param.set(low, { ramp: 0.02, curve: 'exponential' })
    await follows(t, on, [7, 500, 959, 960, 1000], (k) => exponential(high, low, k, 960))
    param.set(high, { curve: 'step' })
    await follows(t, on, [1, 300], () => high)
    param.value = low
    // The default: 5 ms, in equal ratios for Hertz.
    const curve = is.unit === 'Hz' ? exponential : ramp
    await follows(t, on, [1, 120, 239, 240, 250], (k) => curve(high, low, k, RAMP))
  })

  test(`${name}: set for a time, automate and cancel`, async (t) => {
    const on = await used(t, of)
    const { param, engine } = on
    param.set(low, { ramp: 0 })
    param.set(high, { at: { frame: 1000 }, ramp: 0.01, curve: 'linear' })
    t.is(param.value, high)
    await follows(t, on, [100, 744, 745, 1000, 1500], (k) => (k < 744 ? low : ramp(low, high, k - 744, 480)))
    const start = engine.currentFrame
    param.automate([
      { at: { frame: start + 499 }, value: low, curve: 'linear' },
      { at: { frame: start + 999 }, value: high, curve: 'exponential' },
      { at: { frame: start + 1999 }, value: low, curve: 'linear' },
    ])
    param.cancel({ frame: start + 1500 })
    await follows(t, on, [1, 250, 500, 501, 750, 1000, 1200, 1500, 1501, 2500], (k) =>
      k < 500 ? ramp(high, low, k, 500)
      : k < 1000 ? exponential(low, high, k - 500, 500)
      : ramp(high, low, Math.min(k, 1499) - 1000, 1000))
    param.set(high, { ramp: 1 })
    await on.play(480)
    const held = param.current
    param.cancel()
    t.is(param.value, held)
    await follows(t, on, [1, 1000], () => held)
  })

  test(`${name}: of 10,000 writes the newest wins, and none fails for want of room`, async (t) => {
    const on = await playing(t, flat(1 / 16, 100_000), { maxEvents: 10 })
    const param = of(on)
    await on.play(256)
    for (let i = 1; i <= 10_000; i++) param.set(low + ((high - low) * i) / 10_001, { ramp: i % 2 ? 0.5 : 0 })
    const newest = low + ((high - low) * 10_000) / 10_001
    t.is(param.value, newest)
    await follows(t, { ...on, param }, [1, 300], () => newest)
    for (let i = 1; i <= 10_000; i++) param.value = i % 2 ? low : high
    await follows(t, { ...on, param }, [RAMP, 300], () => high)
    // Times are events: there is room for ten.
    for (let i = 0; i < 10; i++) param.set(low, { at: 60 })
    const error = t.throws(() => { param.set(low, { at: 60 }) }, { instanceOf: NoxrunError })
    t.is(error.code, 'ERR_QUEUE_FULL')
  })
}

test('a bypassed effect\'s parameters move on', async (t) => {
  const on = await playing(t, flat(1 / 16, 100_000))
  const effect = on.track.fx.add('gain', {}, { bypass: true })
  await on.play(256)
  const param = effect.params.gainDb
  param.set(-24, { ramp: 0.01 })
  await follows(t, { ...on, param }, [100, 479, 480, 500], (k) => ramp(0, -24, k, 480))
})

test('parameters of silent tracks move on', async (t) => {
  const on = await playing(t, flat(1 / 16, 10))
  const track = on.engine.createTrack()
  const { frequency } = track.fx.add('filter').params
  const { gain } = track.send(on.engine.master)
  await on.play(2560)
  for (const param of [track.volume, gain]) param.set(0, { ramp: 0.01 })
  frequency.set(100, { ramp: 0.01 })
  await on.play(240)
  t.is(track.volume.current, 0.5)
  t.is(gain.current, 0.5)
  t.true(Math.abs(frequency.current - exponential(1000, 100, 239, 480)) < 1e-9)
})
