// Chains of effects: their order, their crossfades, the gain, and the list that they are.
import test from 'ava'
import type { Effect, When } from '../../index'
import { ULP, channel, flat, isHeard, isSame, ramp, stage, throwsCode } from '../playback/stage'
import { noise } from '../support/signal'
import { Random } from './session'
import { FADE, filtered, linear, playing } from './stage-mixer'

const HALF = 20 * Math.log10(0.5)
const LOWPASS = { frequency: 100, q: Math.SQRT1_2, gainDb: 0 }

test('a gain multiplies by 10^(dB/20), and 0 dB passes every bit', async (t) => {
  const signal = noise(500, 1)
  for (const gainDb of [-120, -60, -6, -0.1, 0, 3, 24]) {
    const { track, play } = await playing(t, signal, { safetyLimiter: false })
    track.fx.add('gain', { gainDb })
    const heard = channel(await play(500), 0)
    if (gainDb === 0) isSame(t, heard, signal)
    else isHeard(t, heard, (n) => (signal[n] ?? 0) * linear(gainDb), ULP * linear(gainDb))
  }
})

test('a gain moves in dB, frame by frame', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 9000), { safetyLimiter: false }, { blockSizes: [100, 1] })
  const { gainDb } = track.fx.add('gain', { gainDb: -40 }).params
  t.like(gainDb, { name: 'gainDb', unit: 'dB', min: -120, max: 24, default: 0, value: -40 })
  gainDb.set(6, { at: { frame: 1000 }, ramp: 0.02 })
  gainDb.set(-120, { at: { frame: 3000 }, ramp: 0.05 })
  isHeard(t, channel(await play(8000), 0), (n) => {
    const db = n < 1000 ? -40 : n < 3000 ? ramp(-40, 6, n - 1000, 960) : ramp(6, -120, n - 3000, 2400)
    return 0.5 * linear(db)
  }, ULP)
})

test('a bypass crosses from wet to dry over 10 ms on its frame, and back', async (t) => {
  const signal = noise(9000, 2)
  for (const blockSizes of [[256], [64, 1, 511]]) {
    const { track, play } = await playing(t, signal, {}, { blockSizes })
    const effect = track.fx.add('gain', { gainDb: -12 })
    effect.setBypass(true, { at: { frame: 1003 } })
    effect.setBypass(false, { at: 3000 / 48_000 })
    isHeard(t, channel(await play(6000), 0), (n) => {
      const wet = n < 1003 ? 1 : n < 3000 ? ramp(1, 0, n - 1003, FADE) : ramp(0, 1, n - 3000, FADE)
      const dry = signal[n] ?? 0
      return dry * (1 - wet) + dry * linear(-12) * wet
    }, 2 * ULP)
  }
})

test('a bypass that is taken back on its way goes on from where it is', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 9000))
  const effect = track.fx.add('gain', { gainDb: HALF })
  effect.setBypass(true, { at: { frame: 1000 } })
  effect.setBypass(false, { at: { frame: 1120 } })
  isHeard(t, channel(await play(3000), 0), (n) => {
    const wet = n < 1000 ? 1 : n < 1120 ? ramp(1, 0, n - 1000, FADE) : ramp(0.75, 1, n - 1120, FADE)
    return 0.5 * (1 - wet) + 0.25 * wet
  }, 2 * ULP)
})

test('bypass without a time is at once, the newest wins, and reads what was set', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 50_000), { maxEvents: 10 })
  const effect = track.fx.add('gain', { gainDb: HALF }, { bypass: true })
  t.true(effect.bypass)
  isHeard(t, channel(await play(300), 0), () => 0.5)
  for (let i = 0; i <= 10_000; i++) effect.bypass = i % 2 !== 0
  t.false(effect.bypass)
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 - 0.25 * ramp(0, 1, n, FADE), 2 * ULP)
  effect.setBypass(true)
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 - 0.25 * ramp(1, 0, n, FADE), 2 * ULP)
  engine.transport.tempo = 480
  engine.transport.start()
  effect.setBypass(false, { at: { beat: 0.5 } })
  t.false(effect.bypass)
  isHeard(t, channel(await play(5000), 0), (n) => 0.5 - 0.25 * (n < 3000 ? 0 : ramp(0, 1, n - 3000, FADE)), 2 * ULP)
})

test('a filter comes back from a bypass at rest', async (t) => {
  const signal = noise(9000, 3).map((x) => x / 2)
  const { track, play } = await playing(t, signal)
  const effect = track.fx.add('filter', LOWPASS)
  effect.setBypass(true, { at: { frame: 1000 } })
  effect.setBypass(false, { at: { frame: 3000 } })
  const [before, after] = [signal, signal.subarray(3000)].map((x) => filtered(x, 'lowpass', () => LOWPASS))
  isHeard(t, channel(await play(9000), 0), (n) => {
    const wet = n < 1000 ? 1 : n < 3000 ? ramp(1, 0, n - 1000, FADE) : ramp(0, 1, n - 3000, FADE)
    const filter = (n < 3000 ? before?.[n] : after?.[n - 3000]) ?? NaN
    return (signal[n] ?? 0) * (1 - wet) + filter * wet
  }, 1e-6)
})

test('what is added while it sounds fades in from rest, what is removed fades out', async (t) => {
  const signal = noise(9000, 4).map((x) => x / 2)
  const { track, play } = await playing(t, signal)
  await play(1000)
  const effect = track.fx.add('filter', LOWPASS)
  const wet = filtered(signal.subarray(1000), 'lowpass', () => LOWPASS)
  isHeard(t, channel(await play(2000), 0), (n) => {
    const g = ramp(0, 1, n, FADE)
    return (signal[n + 1000] ?? 0) * (1 - g) + (wet[n] ?? NaN) * g
  }, 1e-6)
  effect.remove()
  t.is(track.fx.length, 0)
  isHeard(t, channel(await play(2000), 0), (n) => {
    const g = ramp(1, 0, n, FADE)
    return (signal[n + 3000] ?? 0) * (1 - g) + (wet[n + 2000] ?? NaN) * g
  }, 1e-6)
})

test('values set right after add() are immediate, on a sounding track too', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 9000))
  await play(256)
  const { gainDb } = track.fx.add('gain').params
  gainDb.value = HALF
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 - 0.25 * ramp(0, 1, n, FADE), 2 * ULP)
})

test('what is planned for later does not hold up what is called now', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 9000))
  await play(256)
  engine.batch(() => track.fx.add('gain', { gainDb: HALF }), { frame: 5000 })
  track.fx.add('gain', { gainDb: HALF })
  isHeard(t, channel(await play(3000), 0), (n) => 0.5 - 0.25 * ramp(0, 1, n, FADE), 2 * ULP)
  isHeard(t, channel(await play(3000), 0), () => 0.125, 2 * ULP, 2500)
})

test('clear fades all of them out together, and a batch does so on its frame', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 9000))
  for (let i = 0; i < 3; i++) track.fx.add('gain', { gainDb: HALF })
  engine.batch(() => {
    track.fx.clear()
    track.fx.add('gain', { gainDb: 2 * HALF })
  }, { frame: 777 })
  t.is(track.fx.length, 1)
  isHeard(t, channel(await play(3000), 0), (n) => {
    const g = n < 777 ? 0 : ramp(0, 1, n - 777, FADE)
    return 0.5 * (0.5 + 0.5 * g) ** 3 * (1 - 0.75 * g)
  }, 4 * ULP)
})

test('the order of the list is that of the sound', async (t) => {
  const signal = flat(0.5, 9000)
  // A gate in front of the filter lets it ring out, one behind it cuts.
  const ringing = filtered(signal.map((x, n) => (n < 2000 ? x : 0)), 'lowpass', () => LOWPASS)
  for (const [index, to] of [[1, 1], [0, 0], [1, 0], [0, 1]] as const) {
    const { track, play } = await playing(t, signal)
    track.fx.add('filter', LOWPASS)
    const gate = track.fx.add('gain', {}, { index })
    await play(500)
    track.fx.move(gate, to)
    gate.params.gainDb.set(-120, { at: { frame: 2000 }, curve: 'step' })
    const heard = channel(await play(3500), 0).subarray(1500)
    isHeard(t, heard, (n) => (to === 0 ? (ringing[n + 2000] ?? NaN) : 0), 2e-6)
  }
})

test('effects come before the fader', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 9000))
  track.fx.add('filter', LOWPASS)
  track.volume.set(0, { at: { frame: 2000 }, curve: 'step' })
  const heard = channel(await play(3000), 0)
  isHeard(t, heard, () => 0, 0, 2000)
  t.true((heard[1999] ?? 0) > 0.49)
})

test('a chain is a list: index, at, length, iteration, move', async (t) => {
  const { engine } = await stage(t)
  const { fx } = engine.createTrack()
  t.is(fx.length, 0)
  t.is(fx.at(0), undefined)
  const a = fx.add('gain')
  const b = fx.add('filter', { type: 'notch' })
  const c = fx.add('gain', { gainDb: 3 }, { index: 0 })
  const d = fx.add('filter', undefined, { index: 2 })
  t.deepEqual([...fx], [c, a, d, b])
  t.is(fx.length, 4)
  t.deepEqual([fx.at(0), fx.at(3), fx.at(-1), fx.at(4)], [c, b, b, undefined])
  t.deepEqual([a.kind, b.kind, a.latency, b.latency], ['gain', 'filter', 0, 0])
  fx.move(c, 3)
  t.deepEqual([...fx], [a, d, b, c])
  fx.move(b, 1)
  t.deepEqual([...fx], [a, b, d, c])
  fx.move(b, 1)
  t.deepEqual([...fx], [a, b, d, c])
  d.remove()
  d.remove()
  t.deepEqual([...fx], [a, b, c])
  const iterator = fx[Symbol.iterator]()
  fx.clear()
  t.is(iterator.next().value, a)
  t.deepEqual([...fx], [])
})

test('removed effects answer ERR_INVALID_STATE, and those of other chains are not moved', async (t) => {
  const { engine } = await stage(t)
  const [one, other] = [engine.createTrack(), engine.createTrack()]
  const [gone, cleared] = [one.fx.add('gain'), one.fx.add('filter')]
  gone.remove()
  one.fx.clear()
  one.fx.add('gain')
  for (const effect of [gone, cleared]) {
    const calls = [
      () => { effect.setBypass(true) },
      () => (effect.bypass = true),
      () => { Object.values(effect.params)[0]?.set(0) },
      () => (Object.values(effect.params)[0] ?? one.volume).value = 0,
      () => { one.fx.move(effect, 0) },
    ]
    for (const call of calls) throwsCode(t, call, 'ERR_INVALID_STATE', [effect.kind])
    t.false(effect.bypass)
    effect.remove()
  }
  const foreign = other.fx.add('gain')
  throwsCode(t, () => { one.fx.move(foreign, 0) }, 'ERR_INVALID_ARG', ['effect'])
  t.is(one.fx.length, 1)
  t.is(other.fx.at(0), foreign)
})

test('a chain has room for 32 effects, and takes 32 more while those fade out', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 90_000))
  const step = -HALF / 32
  for (let i = 0; i < 32; i++) track.fx.add('gain', { gainDb: -step })
  throwsCode(t, () => track.fx.add('gain'), 'ERR_LIMIT', ['32'])
  isHeard(t, channel(await play(1000), 0), () => 0.25, 32 * ULP)
  track.fx.at(5)?.remove()
  track.fx.add('gain', { gainDb: -step })
  throwsCode(t, () => track.fx.add('gain'), 'ERR_LIMIT', ['32'])
  for (let round = 0; round < 5; round++) {
    track.fx.clear()
    for (let i = 0; i < 32; i++) track.fx.add('gain', { gainDb: i === 0 ? 2 * HALF : 0 })
    await play(100)
  }
  await play(2000)
  isHeard(t, channel(await play(1000), 0), () => 0.125, 2 * ULP)
  const { allocations, frees } = engine.stats().audioThread
  t.deepEqual([allocations, frees], [0, 0])
})

test('the effects of a bus and of the master work on the sum', async (t) => {
  const { engine, play, sample } = await stage(t)
  const bus = engine.createTrack()
  const [a, b] = [noise(2000, 5), noise(2000, 6)].map((x) => x.map((y) => y / 4))
  if (!a || !b) throw new Error('two signals')
  for (const signal of [a, b]) engine.createTrack({ output: bus }).play(await sample(signal, signal), { at: 0 })
  bus.fx.add('filter', LOWPASS)
  engine.master.fx.add('gain', { gainDb: HALF })
  const expected = filtered(a.map((x, n) => x + (b[n] ?? 0)), 'lowpass', () => LOWPASS)
  isHeard(t, channel(await play(2000), 0), (n) => (expected[n] ?? 0) / 2, 1e-6)
})

for (const seed of [1, 2, 3]) {
  test(`after any changes a chain sounds as its list says (${seed})`, async (t) => {
    const { engine, track: { fx }, play } = await playing(t, flat(0.5, 200_000), { safetyLimiter: false })
    const random = new Random(seed)
    let list: Effect<'gain'>[] = []
    const changes = [
      () => {
        if (list.length === 32) return
        const index = random.below(list.length + 1)
        const effect = fx.add('gain', { gainDb: random.between(-2, 2) }, { index, bypass: random.chance(0.3) })
        list.splice(index, 0, effect)
      },
      () => {
        const [effect, to] = [random.pick(list), random.below(list.length)]
        fx.move(effect, to)
        list = list.filter((one) => one !== effect).toSpliced(to, 0, effect)
      },
      () => { random.pick(list).bypass = random.chance(0.5) },
      () => { random.pick(list).params.gainDb.value = random.between(-2, 2) },
      () => {
        const effect = random.pick(list)
        effect.remove()
        list = list.filter((one) => one !== effect)
      },
    ]
    for (let round = 0; round < 40; round++) {
      if (random.chance(0.1)) {
        fx.clear()
        list = []
      }
      for (let i = 0; i < 12; i++) {
        changes[list.length < 2 ? 0 : random.below(changes.length)]?.()
        if (random.chance(0.3)) await play(random.below(400))
      }
      t.deepEqual([...fx], list)
      await play(4 * FADE)
      const db = list.reduce((sum, { bypass, params }) => sum + (bypass ? 0 : params.gainDb.value), 0)
      isHeard(t, channel(await play(64), 0), () => 0.5 * linear(db), 0.5 * linear(db) * 64 * ULP)
    }
    const { allocations, frees } = engine.stats().audioThread
    t.deepEqual([allocations, frees], [0, 0])
  })
}

test('an effect that comes in later, or too late for its beat, has the place that the list says', async (t) => {
  // Another order of filters rounds in another way.
  const first = ['filter', { type: 'bandpass', frequency: 3000, q: 3 }] as const
  const second = ['filter', { type: 'notch', frequency: 2000, q: 5 }] as const
  const heard = async (at: When | undefined, index: number): Promise<Float32Array> => {
    const { engine, track, play } = await playing(t, noise(9000, 4))
    engine.transport.start()
    engine.transport.seek(0.5)
    engine.batch(() => { track.fx.add(...first) }, at)
    track.fx.add(...second, { index })
    return channel(await play(6000), 0).subarray(3000)
  }
  for (const index of [0, 1]) {
    const expected = await heard(undefined, index)
    t.notDeepEqual(expected, await heard(undefined, 1 - index))
    isSame(t, await heard({ frame: 700 }, index), expected)
    isSame(t, await heard({ beat: 0.25 }, index), expected)
  }
})
