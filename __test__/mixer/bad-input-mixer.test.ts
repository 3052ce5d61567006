// Every bad argument of the mixer throws its code at once, with a message that names it, and changes
// nothing; so does everything after close().
import { inspect } from 'node:util'
import test from 'ava'
import type { ErrorCode, Param, Track } from '../../index'
import { RATE, channel, flat, isHeard, stage, throwsCode } from '../playback/stage'
import { playing } from './stage-mixer'

/** Values that TypeScript would not let through. */
type Bad = [value: unknown, code: ErrorCode]

const INVALID = 'ERR_INVALID_ARG'
const RANGE = 'ERR_OUT_OF_RANGE'
const outside = (...values: number[]): Bad[] => values.map((value) => [value, RANGE])
const invalid = (...values: unknown[]): Bad[] => values.map((value) => [value, INVALID])
const notNumbers = invalid('1', NaN, Infinity, -Infinity, null, {}, [], true, 1n, Symbol('one'))
const notBooleans = invalid(0, 1, 'true', null, {}, undefined)
const notObjects = invalid(null, 5, 'x', [], { nonsense: 1 })
const notTracks = invalid(undefined, null, 5, 'master', {}, [])
const times: Bad[] = [
  ...notNumbers, ...outside(-0.001, -1),
  ...invalid({ frame: '1' }, { frame: NaN }, { beat: '1' }, { beat: NaN }, { beat: Infinity }, { frame: 1, beat: 1 }, { second: 1 }),
  ...([{ frame: -1 }, { frame: 1.5 }, { frame: 2 ** 53 }, { beat: -0.5 }] as const).map((value): Bad => [value, RANGE]),
]
const lengths: Bad[] = [...notNumbers, ...outside(-0.001)]
const curves = invalid('cubic', 'Linear', 1, null, {}, '')

/** How a bad value is shown in a message. */
function shown(value: unknown): string[] {
  return typeof value === 'number' ? [String(value)] : typeof value === 'string' && value !== '' ? [`'${value}'`] : []
}

test('output, send and the track options of routing', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.25, 5000))
  for (const [value, code] of notTracks) {
    throwsCode(t, () => (track.output = value as Track), code, ['output', ...shown(value)], inspect(value))
    throwsCode(t, () => track.send(value as Track), code, ['to', ...shown(value)], inspect(value))
    if (value === undefined) continue
    throwsCode(t, () => engine.createTrack({ output: value as Track }), code, ['output', ...shown(value)], inspect(value))
  }
  const bus = engine.createTrack()
  for (const [value, code] of [...notNumbers, ...outside(-0.1, 4.1)]) {
    throwsCode(t, () => track.send(bus, value as number), code, ['gain', ...shown(value)], inspect(value))
  }
  t.is(track.output, engine.master)
  isHeard(t, channel(await play(500), 0), () => 0.25)
})

test('kinds, parameters and options of fx.add', async (t) => {
  const { track, play } = await playing(t, flat(0.25, 5000))
  const add = track.fx.add.bind(track.fx) as (...args: unknown[]) => unknown
  for (const kind of [undefined, null, '', 5, {}, 'Gain', 'wobble', 'toString', '__proto__']) {
    throwsCode(t, () => add(kind), INVALID, ['kind', "'gain'", "'filter'"], inspect(kind))
  }
  const params: [kind: string, name: string, bad: Bad[]][] = [
    ['gain', 'gainDb', [...notNumbers, ...outside(-120.5, 24.5)]],
    ['gain', 'type', invalid('lowpass')],
    ['gain', 'frequency', invalid(100)],
    ['filter', 'type', invalid('Lowpass', 'comb', '', 0, null)],
    ['filter', 'frequency', [...notNumbers, ...outside(9.9, 20_001, 0, -100)]],
    ['filter', 'q', [...notNumbers, ...outside(0, 0.04, 40.5)]],
    ['filter', 'gainDb', [...notNumbers, ...outside(-40.5, 40.5)]],
    ['filter', 'resonance', invalid(1)],
  ]
  for (const [kind, name, bad] of params) {
    for (const [value, code] of bad) throwsCode(t, () => add(kind, { [name]: value }), code, [name], `${kind} ${name} ${inspect(value)}`)
  }
  // What is not known is answered with what there is.
  throwsCode(t, () => add('filter', { cutoff: 1 }), INVALID, ['cutoff', 'type', 'frequency', 'q', 'gainDb'])
  throwsCode(t, () => add('filter', { type: 'comb' }), INVALID, ["'comb'", "'lowpass'", "'highshelf'"])
  for (const kind of ['gain', 'filter']) {
    for (const [value, code] of notObjects) {
      throwsCode(t, () => add(kind, value), code, [], inspect(value))
      throwsCode(t, () => add(kind, {}, value), code, [], inspect(value))
    }
  }
  const options: Record<string, Bad[]> = {
    index: [...notNumbers, ...outside(-1, 1, 0.5)],
    bypass: notBooleans.filter(([value]) => value !== undefined),
  }
  for (const [name, bad] of Object.entries(options)) {
    for (const [value, code] of bad) throwsCode(t, () => add('gain', {}, { [name]: value }), code, [name, ...shown(value)], inspect(value))
  }
  t.is(track.fx.length, 0)
  isHeard(t, channel(await play(500), 0), () => 0.25)
})

test('arguments of fx.move, bypass and setBypass', async (t) => {
  const { track, play } = await playing(t, flat(0.25, 5000))
  const [effect, other] = [track.fx.add('gain', { gainDb: 0 }), track.fx.add('filter', { type: 'peaking' })]
  for (const [value, code] of invalid(undefined, null, 0, 'gain', {}, track)) {
    throwsCode(t, () => { track.fx.move(value as never, 0) }, code, ['effect'], inspect(value))
  }
  for (const [value, code] of [...notNumbers, ...invalid(undefined), ...outside(-1, 2, 0.5)]) {
    throwsCode(t, () => { track.fx.move(effect, value as number) }, code, ['index', ...shown(value)], inspect(value))
  }
  for (const [value, code] of notBooleans) {
    throwsCode(t, () => (effect.bypass = value as boolean), code, ['bypass', ...shown(value)], inspect(value))
    throwsCode(t, () => { effect.setBypass(value as boolean) }, code, ['on', ...shown(value)], inspect(value))
  }
  for (const [value, code] of times) {
    throwsCode(t, () => { effect.setBypass(true, { at: value as number }) }, code, ['at', ...shown(value)], inspect(value))
  }
  for (const [value, code] of notObjects) throwsCode(t, () => { effect.setBypass(true, value as object) }, code)
  t.false(effect.bypass)
  t.deepEqual([...track.fx], [effect, other])
  isHeard(t, channel(await play(500), 0), () => 0.25, 1e-6)
})

test('arguments of set, automate and cancel, on every kind of parameter', async (t) => {
  const { engine, track, voice } = await playing(t, flat(0.25, 5000))
  const filter = track.fx.add('filter', { type: 'peaking' }).params
  const params = [
    track.volume, engine.master.pan, voice.gain, voice.rate, track.send(engine.createTrack()).gain,
    track.fx.add('gain').params.gainDb, filter.frequency, filter.q, filter.gainDb,
  ]
  for (const param of params) checkParam(param)
  const { gainDb } = filter
  throwsCode(t, () => { gainDb.set(6, { curve: 'exponential' }) }, RANGE, ['gainDb', '0', '6'])
  gainDb.set(-6)
  throwsCode(t, () => { gainDb.set(6, { curve: 'exponential' }) }, RANGE, ['gainDb', '-6', '6'])

  function checkParam(param: Param): void {
    const { name, min, max, value: before } = param
    const values: Bad[] = [...notNumbers, ...outside(min - 0.01, max + 0.01)]
    for (const [value, code] of values) {
      const what = `${name} ${inspect(value)}`
      throwsCode(t, () => { param.set(value as number) }, code, [name, ...shown(value)], what)
      throwsCode(t, () => (param.value = value as number), code, [name, ...shown(value)], what)
      throwsCode(t, () => { param.automate([{ at: 1, value: value as number }]) }, code, ['points[0].value', ...shown(value)], what)
    }
    const options: Record<string, Bad[]> = { at: times, ramp: lengths, curve: curves, nonsense: invalid(1) }
    for (const [option, bad] of Object.entries(options)) {
      for (const [value, code] of bad) {
        throwsCode(t, () => { param.set(max, { [option]: value }) }, code, [option], `${name} ${option} ${inspect(value)}`)
      }
    }
    for (const [bad, code] of notObjects) throwsCode(t, () => { param.set(max, bad as object) }, code, [], name)
    for (const [at, code] of times) {
      throwsCode(t, () => { param.automate([{ at: at as number, value: max }]) }, code, ['points[0].at', ...shown(at)], inspect(at))
      throwsCode(t, () => { param.cancel(at as number) }, code, ['from', ...shown(at)], inspect(at))
    }
    t.is(param.value, before)
  }
})

test('lists of points', async (t) => {
  const { track, play } = await playing(t, flat(0.25, 50_000))
  const { volume } = track
  const point = { at: 1, value: 1 }
  const lists: [unknown, ErrorCode, string[]][] = [
    [undefined, INVALID, ['points']], [null, INVALID, ['points']], [5, INVALID, ['points']], ['x', INVALID, ['points']],
    [{}, INVALID, ['points']], [point, INVALID, ['points']], [[], INVALID, ['points']],
    [[undefined], INVALID, ['points[0]']], [[null], INVALID, ['points[0]']], [[5], INVALID, ['points[0]']],
    [new Array(1), INVALID, ['points[0]']], [[point, []], INVALID, ['points[1]']],
    [[{ ...point, ramp: 1 }], INVALID, ['points[0]', 'ramp']],
    [[{ value: 1 }], INVALID, ['points[0].at']], [[{ at: 1 }], INVALID, ['points[0].value']],
    [[point, { ...point, curve: 'cubic' }], INVALID, ['points[1].curve', "'cubic'"]],
    [[point, { at: 0.5, value: 1 }], RANGE, ['points[1].at', '48000']],
    [[{ at: { beat: 2 }, value: 1 }, { at: { beat: 1 }, value: 1 }], RANGE, ['points[1].at', '2']],
    [[point, { at: { beat: 2 }, value: 1 }], INVALID, ['points[1].at', 'beat']],
    [[{ at: { beat: 2 }, value: 1 }, { at: { frame: 5 }, value: 1 }], INVALID, ['points[1].at', 'frame']],
    [[{ at: 1, value: 0, curve: 'exponential' }], RANGE, ['volume', 'points[0]', '0']],
    [[{ at: 1, value: 0 }, { at: 2, value: 1, curve: 'exponential' }], RANGE, ['volume', 'points[1]', '0']],
  ]
  for (const [points, code, names] of lists) {
    throwsCode(t, () => { volume.automate(points as never) }, code, names, inspect(points))
  }
  t.is(volume.value, 1)
  isHeard(t, channel(await play(RATE), 0), () => 0.25)
  t.is(volume.current, 1)
})

test('after close everything answers ERR_CLOSED, and what is readable stays so', async (t) => {
  const { engine } = await stage(t)
  const [track, bus] = [engine.createTrack(), engine.createTrack()]
  const send = track.send(bus, 0.5)
  const effect = track.fx.add('filter', { q: 2 })
  const meter = track.createMeter()
  await engine.close()
  const calls: Record<string, () => unknown> = {
    output: () => (track.output = bus),
    send: () => track.send(bus),
    'send.gain': () => (send.gain.value = 1),
    'send.gain.automate': () => { send.gain.automate([{ at: 1, value: 1 }]) },
    'send.gain.cancel': () => { send.gain.cancel() },
    'send.remove': () => { send.remove() },
    'fx.add': () => track.fx.add('gain'),
    'fx.move': () => { track.fx.move(effect, 0) },
    'fx.clear': () => { track.fx.clear() },
    bypass: () => (effect.bypass = true),
    setBypass: () => { effect.setBypass(true) },
    'params.q': () => { effect.params.q.set(1) },
    'effect.remove': () => { effect.remove() },
    createMeter: () => track.createMeter(),
    'meter.read': () => meter.read(),
    remove: () => { track.remove() },
    'master.fx': () => engine.master.fx.add('gain'),
    automate: () => { track.volume.automate([{ at: 1, value: 1 }]) },
    cancel: () => { track.volume.cancel() },
  }
  for (const [name, call] of Object.entries(calls)) throwsCode(t, call, 'ERR_CLOSED', ['engine'], name)
  t.is(track.output, engine.master)
  t.is(send.gain.value, 0.5)
  t.deepEqual([...track.fx], [effect])
  t.is(effect.params.q.value, 2)
  t.false(effect.bypass)
})

test('a batch that throws undoes chains, bypasses, routing and sends', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.25, 50_000))
  const bus = engine.createTrack({ volume: 0.5 })
  const [gain, filter] = [track.fx.add('gain'), track.fx.add('filter', { type: 'peaking' })]
  const send = track.send(bus, 1)
  await play(500)
  let added: typeof gain | undefined
  const error = new Error('from inside')
  t.is(t.throws(() => engine.batch(() => {
    track.output = bus
    added = track.fx.add('gain', { gainDb: -60 }, { index: 1 })
    track.fx.move(filter, 0)
    gain.remove()
    filter.setBypass(true)
    filter.params.frequency.value = 50
    track.fx.clear()
    track.fx.add('gain', { gainDb: -90 })
    send.gain.set(0)
    send.remove()
    engine.master.fx.add('gain', { gainDb: -90 })
    throw error
  }, { frame: 600 })), error)
  t.is(track.output, engine.master)
  t.deepEqual([...track.fx], [gain, filter])
  t.is(engine.master.fx.length, 0)
  t.false(filter.bypass)
  t.is(filter.params.frequency.value, 1000)
  t.is(send.gain.value, 1)
  throwsCode(t, () => added?.params.gainDb.set(0), 'ERR_INVALID_STATE', ['gain'])
  isHeard(t, channel(await play(2000), 0), () => 0.375, 1e-6)
  gain.params.gainDb.set(20 * Math.log10(2), { ramp: 0 })
  isHeard(t, channel(await play(2000), 0), () => 0.75, 1e-6)
})
