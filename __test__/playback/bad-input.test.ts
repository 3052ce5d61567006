// Every bad argument throws its code at once, with a message that names it, and changes nothing.
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import test from 'ava'
import { Engine, type ErrorCode, NoxrunError, probe, render } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { RATE, channel, flat, isHeard, rejectsCode, stage, throwsCode } from './stage'

/** Values that TypeScript would not let through. */
type Bad = [value: unknown, code: ErrorCode]

const INVALID = 'ERR_INVALID_ARG'
const RANGE = 'ERR_OUT_OF_RANGE'
const notNumbers: Bad[] = [['1', INVALID], [NaN, INVALID], [Infinity, INVALID], [null, INVALID], [{}, INVALID], [true, INVALID], [1n, INVALID]]
const notBooleans: Bad[] = [[0, INVALID], [1, INVALID], ['true', INVALID], [null, INVALID]]
const notStrings: Bad[] = [[5, INVALID], ['', INVALID], [null, INVALID], [{}, INVALID]]
const notSignals: Bad[] = [[{}, INVALID], ['abort', INVALID], [null, INVALID], [new AbortController(), INVALID]]
const notObjects: Bad[] = [[null, INVALID], [5, INVALID], ['x', INVALID], [[], INVALID], [{ nonsense: 1 }, INVALID]]
const outside = (...values: number[]): Bad[] => values.map((value) => [value, RANGE])
const count: Bad[] = [...notNumbers, ...outside(0, -1, 1.5, 1e12)]
const time: Bad[] = [
  ...notNumbers.filter(([value]) => value !== null), ...outside(-0.001, -1),
  [null, INVALID], [{ frame: '1' }, INVALID], [{ frame: NaN }, INVALID], [{ frame: -1 }, RANGE], [{ frame: 1.5 }, RANGE],
  [{ frame: 2 ** 53 }, RANGE], [{ frame: 1, second: 2 }, INVALID], [[], INVALID], [{}, INVALID],
  [{ beat: '1' }, INVALID], [{ beat: NaN }, INVALID], [{ beat: Infinity }, INVALID], [{ beat: null }, INVALID], [{ beat: -0.5 }, RANGE],
  [{ beat: 1, frame: 1 }, INVALID], [{ beat: 1, bar: 1 }, INVALID],
]
const length: Bad[] = [...notNumbers, ...outside(-0.001)]
/** Of a sample of a hundredth of a second. */
const loops: Bad[] = [
  [1, INVALID], ['true', INVALID], [null, INVALID], [[], INVALID], [{}, INVALID], [{ start: 0 }, INVALID], [{ end: 0.01 }, INVALID],
  [{ start: '0', end: 0.01 }, INVALID], [{ start: 0, end: NaN }, INVALID], [{ start: 0, end: 0.01, count: 2 }, INVALID],
  [{ start: -0.001, end: 0.01 }, RANGE], [{ start: 0, end: 0.011 }, RANGE], [{ start: 0.005, end: 0.005 }, RANGE],
  [{ start: 0.006, end: 0.005 }, RANGE],
]

/** How a bad value is shown in a message. That of an option that is not known is not told. */
function shown(value: unknown, option = ''): string[] {
  if (option === 'nonsense') return []
  return typeof value === 'number' ? [String(value)] : typeof value === 'string' && value !== '' ? [`'${value}'`] : []
}

test('options of Engine.open', async (t) => {
  const table: Record<string, Bad[]> = {
    device: notStrings,
    fallback: [['Virtual', INVALID], ['', INVALID], [1, INVALID], [null, INVALID]],
    sampleRate: [...notNumbers, ...outside(0, -48_000, 999, 768_001, 44_100.5)],
    channels: [...count, ...outside(33)],
    bufferSize: count,
    controlCapacity: count,
    maxEvents: count,
    maxTracks: count,
    maxVoices: count,
    keepAlive: notBooleans,
    safetyLimiter: notBooleans,
    audit: notBooleans,
    signal: notSignals,
    nonsense: [[1, INVALID]],
  }
  const device = createVirtualDevice()
  for (const [option, values] of Object.entries(table)) {
    for (const [value, code] of values) {
      const opening = Engine.open({ device: device.id, [option]: value })
      await rejectsCode(t, opening, code, [option], `${option}: ${inspect(value)}`)
    }
  }
  for (const [options, code] of notObjects) await rejectsCode(t, Engine.open(options as object), code)
  device.close()
})

test('options of createTrack, and the properties of a track', async (t) => {
  const { engine } = await stage(t)
  const table: Record<string, Bad[]> = {
    name: notStrings,
    volume: [...notNumbers, ...outside(-0.1, 4.1)],
    pan: [...notNumbers, ...outside(-1.1, 1.1)],
    nonsense: [[1, INVALID]],
  }
  for (const [option, values] of Object.entries(table)) {
    for (const [value, code] of values) {
      throwsCode(t, () => engine.createTrack({ [option]: value }), code, [option, ...shown(value, option)], option)
    }
  }
  for (const [options, code] of notObjects) throwsCode(t, () => engine.createTrack(options as object), code)
  t.deepEqual(engine.tracks, [])

  const track = engine.createTrack({ name: 'one' }) as unknown as Record<string, unknown>
  for (const [property, values] of Object.entries({ name: notStrings, muted: notBooleans, soloed: notBooleans })) {
    for (const [value, code] of values) {
      throwsCode(t, () => (track[property] = value), code, [property, ...shown(value)], property)
    }
  }
  t.like(track, { name: 'one', muted: false, soloed: false })
})

test('arguments of play, stop, pause and resume', async (t) => {
  const { engine, play, sample } = await stage(t, { maxEvents: 3 })
  const track = engine.createTrack()
  const long = await sample(flat(0.5, 1000), flat(0.5, 1000))
  for (const value of [undefined, null, {}, 'x', long.frames, { frames: 1, channels: 1, sampleRate: RATE }]) {
    throwsCode(t, () => track.play(value as never), INVALID, ['sample'], inspect(value))
  }
  const voice = track.play(long)
  await play(0)
  const { pushed } = engine.stats().controlQueue
  const table: [string, (options: object) => unknown, Record<string, Bad[]>][] = [
    ['play', (o) => track.play(long, o), {
      at: time, gain: [...notNumbers, ...outside(-0.1, 16.1)], nonsense: [[1, INVALID]],
    }],
    ['track.stop', (o) => { track.stop(o) }, { at: time, fade: length, nonsense: [[1, INVALID]] }],
    ['voice.stop', (o) => { voice.stop(o) }, { at: time, fade: length, nonsense: [[1, INVALID]] }],
    ['pause', (o) => { voice.pause(o) }, { at: time, nonsense: [[1, INVALID]] }],
    ['resume', (o) => { voice.resume(o) }, { at: time, nonsense: [[1, INVALID]] }],
  ]
  for (const [name, call, options] of table) {
    for (const [option, values] of Object.entries(options)) {
      for (const [value, code] of values) {
        throwsCode(t, () => call({ [option]: value }), code, [option, ...shown(value, option)], `${name} ${option}`)
      }
    }
    for (const [bad, code] of notObjects) throwsCode(t, () => call(bad as object), code, [], name)
  }
  // Nothing took room, and nothing took effect.
  isHeard(t, channel(await play(500), 0), () => 0.5)
  t.is(engine.stats().controlQueue.pushed, pushed)
})

test('which part of a sample, how often, how fast, with which fades', async (t) => {
  const { engine, play, sample } = await stage(t, { maxEvents: 3 })
  const track = engine.createTrack()
  const short = await sample(flat(0.5, 480), flat(0.5, 480))
  const table: Record<string, Bad[]> = {
    offset: [...length, ...outside(0.01, 0.011, 5)],
    duration: length,
    loop: loops,
    rate: [...notNumbers, ...outside(0, -1, 0.06, 16.1)],
    fadeIn: length,
    fadeOut: length,
  }
  for (const [option, values] of Object.entries(table)) {
    for (const [value, code] of values) {
      throwsCode(t, () => track.play(short, { [option]: value }), code, [option, ...shown(value)], `${option}: ${inspect(value)}`)
    }
  }
  // Beyond the end of what is repeated there is nothing to begin with.
  throwsCode(t, () => track.play(short, { loop: { start: 0, end: 0.005 }, offset: 0.006 }), RANGE, ['offset', '0.006'])
  const voice = track.play(short)
  for (const [value, code] of [...length, ...outside(0.011)]) {
    throwsCode(t, () => { voice.seek(value as number) }, code, ['position', ...shown(value)], inspect(value))
  }
  for (const [at, code] of time) throwsCode(t, () => { voice.seek(0, { at } as object) }, code, ['at', ...shown(at)], inspect(at))
  for (const [bad, code] of notObjects) throwsCode(t, () => { voice.seek(0, bad as object) }, code)
  isHeard(t, channel(await play(480), 0), () => 0.5)
  t.deepEqual(await voice.ended, { frame: 480, reason: 'finished' })
})

test('arguments of Param.set', async (t) => {
  const { engine } = await stage(t)
  const { volume, pan } = engine.createTrack({ volume: 0.5 })
  for (const [value, code] of [...notNumbers, ...outside(-0.1, 4.1)]) {
    throwsCode(t, () => { volume.set(value as number) }, code, ['volume', ...shown(value)])
    throwsCode(t, () => (volume.value = value as number), code, ['volume', ...shown(value)])
  }
  const options: Record<string, Bad[]> = {
    at: time,
    ramp: length,
    curve: [['cubic', INVALID], [1, INVALID], [null, INVALID]],
    nonsense: [[1, INVALID]],
  }
  for (const [option, values] of Object.entries(options)) {
    for (const [value, code] of values) {
      throwsCode(t, () => { volume.set(1, { [option]: value }) }, code, [option, ...shown(value, option)], option)
    }
  }
  for (const [bad, code] of notObjects) throwsCode(t, () => { volume.set(1, bad as object) }, code)
  throwsCode(t, () => { volume.set(0, { curve: 'exponential' }) }, RANGE, ['volume', '0'])
  throwsCode(t, () => { pan.set(0.5, { curve: 'exponential' }) }, RANGE, ['pan'])
  t.is(volume.value, 0.5)
  t.is(pan.value, 0)
})

test('arguments of batch', async (t) => {
  const { engine } = await stage(t)
  for (const fn of [undefined, null, 5, 'x', {}, Promise.resolve()]) {
    throwsCode(t, () => engine.batch(fn as never), INVALID, ['fn'])
  }
  let called = 0
  for (const [at, code] of time) {
    throwsCode(t, () => engine.batch(() => (called += 1), at as never), code, ['at', ...shown(at)], inspect(at))
  }
  t.is(called, 0)
  // The engine is as good as before.
  t.is(engine.batch(() => 5), 5)
})

test('sources and options of load and probe', async (t) => {
  const { engine } = await stage(t)
  const ok = flat(0, 4)
  const sources: [unknown, ErrorCode, string][] = [
    [undefined, INVALID, 'source'], [null, INVALID, 'source'], [5, INVALID, 'source'], ['', INVALID, 'source'],
    ['a\0b', INVALID, 'a path without NUL bytes'], [new URL('file:///a%00b'), INVALID, 'a path without NUL bytes'], [new URL('https://example.org/a.wav'), INVALID, 'https://example.org/a.wav'],
    [new ArrayBuffer(8), INVALID, 'source'], [[], INVALID, 'channelData'], [{}, INVALID, 'channelData'],
    [{ channelData: [], sampleRate: RATE }, INVALID, 'channelData'],
    [{ channelData: ok, sampleRate: RATE }, INVALID, 'channelData'],
    [{ channelData: [[0, 1]], sampleRate: RATE }, INVALID, 'channelData'],
    [{ channelData: [new Float64Array(4)], sampleRate: RATE }, INVALID, 'channelData'],
    [{ channelData: [ok, flat(0, 5)], sampleRate: RATE }, INVALID, 'channelData'],
    [{ channelData: [ok, undefined], sampleRate: RATE }, INVALID, 'channelData'],
    [{ channelData: [ok] }, INVALID, 'sampleRate'],
    [{ channelData: [ok], sampleRate: '48000' }, INVALID, 'sampleRate'],
    [{ channelData: [ok], sampleRate: NaN }, INVALID, 'sampleRate'],
    [{ channelData: [ok], sampleRate: 0 }, RANGE, 'sampleRate'],
    [{ channelData: [ok], sampleRate: -1 }, RANGE, 'sampleRate'],
    [{ channelData: [ok], sampleRate: 1e9 }, RANGE, 'sampleRate'],
  ]
  for (const [source, code, name] of sources) {
    await rejectsCode(t, engine.load(source as never), code, [name], inspect(source))
  }
  for (const source of [undefined, null, 5, '', 'a\0b', {}, new URL('https://example.org/a.wav'), new URL('file:///a%00b')]) {
    await rejectsCode(t, probe(source as never), INVALID, [], inspect(source))
  }
  const pcm = { channelData: [ok], sampleRate: RATE }
  for (const [value, code] of notSignals) {
    await rejectsCode(t, engine.load(pcm, { signal: value as never }), code, ['signal'])
  }
  for (const onProgress of [5, 'x', null, {}]) {
    await rejectsCode(t, engine.load(pcm, { onProgress: onProgress as never }), INVALID, ['onProgress'])
  }
  for (const [bad, code] of notObjects) await rejectsCode(t, engine.load(pcm, bad as object), code)
})

test('a file that is to be written has no NUL byte in its path', async (t) => {
  const { engine } = await stage(t)
  const names = ['must be a path without NUL bytes', "got 'a\\x00.wav'"]
  await rejectsCode(t, engine.record('a\0.wav'), INVALID, ['path', ...names])
  await rejectsCode(t, engine.createTrack().record('a\0.wav'), INVALID, ['path', ...names])
  await rejectsCode(t, render({ duration: 1, output: 'a\0.wav' }, () => undefined), INVALID, ['output', ...names])
})

test('an error has a detail only where there is one', async (t) => {
  const error = await t.throwsAsync(probe(5 as never), { instanceOf: NoxrunError })
  t.false('detail' in error)
  t.false(inspect(error).includes('detail'))
  t.deepEqual(new NoxrunError('ERR_IO', 'of the test', { more: 1 }).detail, { more: 1 })
})

test('a step whose device is closed meanwhile rejects with ERR_CLOSED', async (t) => {
  const device = createVirtualDevice()
  const engine = await Engine.open({ device: device.id })
  t.teardown(() => engine.close())
  // So many frames that it is never over; a second one waits for it.
  const steps = [device.step(Number.MAX_SAFE_INTEGER), device.step(1)]
  while (engine.currentFrame === 0) await sleep(5)
  device.close()
  for (const step of steps) await rejectsCode(t, step, 'ERR_CLOSED', ['virtual device'])
  // One that has not even begun.
  const other = createVirtualDevice()
  const step = other.step(100)
  other.close()
  await rejectsCode(t, step, 'ERR_CLOSED', ['virtual device'])
})

test('options of createVirtualDevice and arguments of its methods', async (t) => {
  const sizes: Bad[] = [[[], INVALID], [256, INVALID], [[0], RANGE], [[1.5], RANGE], [['1'], INVALID], [null, INVALID]]
  const table: Record<string, Bad[]> = {
    sampleRate: [...notNumbers, ...outside(0, 999, 768_001)],
    channels: [...count, ...outside(33)],
    bufferSize: count,
    blockSizes: sizes,
    acceptedBufferSizes: sizes,
    loopback: notBooleans,
    clock: [['fast', INVALID], [null, INVALID]],
    nonsense: [[1, INVALID]],
  }
  for (const [option, values] of Object.entries(table)) {
    for (const [value, code] of values) {
      throwsCode(t, () => createVirtualDevice({ [option]: value }), code, [option], option)
    }
  }
  const device = createVirtualDevice()
  for (const [frames, code] of [...notNumbers, ...outside(-1, 1.5)]) {
    await rejectsCode(t, device.step(frames as number), code, ['frames'])
  }
  throwsCode(t, () => { device.fail('broken' as never) }, INVALID, ['how', "'broken'"])
  throwsCode(t, () => { device.fail('rate') }, INVALID, ['sampleRate'])
  throwsCode(t, () => { device.fail('rate', { sampleRate: 1 }) }, RANGE, ['sampleRate'])
  throwsCode(t, () => { device.feed({ channelData: [flat(0, 1)], sampleRate: RATE }) }, INVALID, ['channelData'])
  throwsCode(t, () => { device.feed({ channelData: [flat(0, 1), flat(0, 1)], sampleRate: 44_100 }) }, INVALID, ['sampleRate'])
  device.close()
  const live = createVirtualDevice({ clock: 'realtime' })
  await t.throwsAsync(live.step(1), { message: /clock|realtime/ })
  live.close()
})
