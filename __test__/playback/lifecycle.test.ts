// Suspending, closing, and the warnings that an engine is born with.
import test from 'ava'
import { Engine, type NoxrunWarning } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { noise } from '../support/signal'
import { RATE, channel, flat, isHeard, isSame, rejectsCode, stage, throwsCode } from './stage'

test('engine time stands still while suspended, and the sound goes on where it was', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(3000, 1)
  const track = engine.createTrack()
  const voice = track.play(await sample(signal, signal), { at: 0 })
  const before = channel(await play(700), 0)
  await engine.suspend()
  isHeard(t, channel(await play(2000), 0), () => 0)
  t.is(engine.currentFrame, 700)
  const click = await sample(flat(0.5, 1), flat(0.5, 1))
  const later = track.play(click, { at: { frame: 5000 } })
  await play(1000)
  t.is(engine.currentFrame, 700)
  await engine.suspend()
  await engine.resume()
  const after = channel(await play(2300), 0)
  isSame(t, Float32Array.from([...before, ...after]), signal)
  t.deepEqual(await voice.ended, { frame: 3000, reason: 'finished' })
  await play(5000)
  t.is(await later.startedAt, 5000)
  t.is(engine.stats().lateEvents, 0)
})

test('what is called while suspended, and more than the queue holds, takes effect on resume', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 400 })
  const track = engine.createTrack()
  const click = await sample(flat(1 / 512, 1), flat(1 / 512, 1))
  await engine.suspend()
  for (let i = 0; i < 300; i++) track.play(click)
  await play(256)
  await engine.resume()
  isHeard(t, channel(await play(300), 0), (n) => (n === 0 ? 300 / 512 : 0))
})

test('close ends what sounds and what waits, and nothing can be called after it', async (t) => {
  const { engine, play, sample } = await stage(t)
  const ended: string[] = []
  let closes = 0
  engine.on('ended', (voice) => ended.push(String(voice.id)))
  engine.on('close', () => (closes += 1))
  const track = engine.createTrack()
  const long = await sample(flat(0.5, 9000))
  const sounding = track.play(long, { at: { frame: 100 } })
  await play(500)
  const waiting = track.play(long, { at: { frame: 50_000 } })
  const unheard = track.play(long)
  const closing = engine.close()
  t.is(engine.close(), closing)
  await closing
  t.is(engine.close(), closing)
  t.is(closes, 1)

  t.is(await sounding.startedAt, 100)
  t.is(await waiting.startedAt, null)
  t.is(await unheard.startedAt, null)
  for (const voice of [sounding, waiting, unheard]) {
    t.deepEqual(await voice.ended, { frame: 500, reason: 'closed' })
  }
  t.is(ended.length, 3)

  const calls: Record<string, () => unknown> = {
    createTrack: () => engine.createTrack(),
    batch: () => engine.batch(() => 1),
    play: () => track.play(long),
    stop: () => { track.stop() },
    meter: () => track.meter(),
    muted: () => (track.muted = true),
    soloed: () => (track.soloed = true),
    'volume.set': () => { track.volume.set(0.5) },
    'volume.value': () => (track.volume.value = 0.5),
    'voice.stop': () => { sounding.stop() },
    'voice.pause': () => { sounding.pause() },
    'voice.resume': () => { sounding.resume() },
    'voice.gain': () => { sounding.gain.set(0.5) },
  }
  for (const [name, call] of Object.entries(calls)) throwsCode(t, call, 'ERR_CLOSED', ['engine'], name)
  await rejectsCode(t, engine.load({ channelData: [flat(0, 1)], sampleRate: RATE }), 'ERR_CLOSED')
  await rejectsCode(t, engine.suspend(), 'ERR_CLOSED')
  await rejectsCode(t, engine.resume(), 'ERR_CLOSED')
  t.is(engine.stats().frames, 500)
  t.is(engine.currentFrame, 500)
})

test('close rejects a load that is under way', async (t) => {
  const { engine } = await stage(t)
  const channelData = [noise(5_000_000, 1)]
  const loading = engine.load({ channelData, sampleRate: 44_100 })
  await Promise.all([rejectsCode(t, loading, 'ERR_CLOSED'), engine.close()])
})

test('an engine can be disposed of, and another opened on the same device, many times', async (t) => {
  const device = createVirtualDevice()
  for (let i = 0; i < 20; i++) {
    const engine = await Engine.open({ device: device.id })
    const sample = await engine.load({ channelData: [flat(0.5, 64), flat(0.5, 64)], sampleRate: RATE })
    engine.createTrack().play(sample)
    await device.step(64)
    isHeard(t, channel(device.output().channelData, 0), () => 0.5)
    await engine[Symbol.asyncDispose]()
  }
  device.close()
})

test('warnings of opening are there at once and told in a later tick, each once', async (t) => {
  const device = createVirtualDevice({ acceptedBufferSizes: [256] })
  const engine = await Engine.open({ device: device.id, bufferSize: 128 })
  const expected = { code: 'BUFFER_SIZE_FALLBACK', asked: 128, granted: 256 } as const
  t.like(engine.warnings, [expected])
  const told: NoxrunWarning[] = []
  engine.on('warning', (warning) => told.push(warning))
  t.is(told.length, 0)
  await new Promise(setImmediate)
  await device.step(1000)
  t.like(told, [expected])
  t.is(told.length, 1)
  t.like(engine.warnings, [expected])
  t.is(engine.bufferSize, 256)
  await engine.close()
  device.close()
})

test.serial('with nobody listening, a warning goes to the process, with its code', async (t) => {
  const device = createVirtualDevice({ acceptedBufferSizes: [512], bufferSize: 512 })
  const told: Error[] = []
  const listener = (warning: Error): void => {
    told.push(warning)
  }
  process.on('warning', listener)
  const engine = await Engine.open({ device: device.id, bufferSize: 100 })
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  process.off('warning', listener)
  const mine = told.filter((warning) => warning.message.includes('100') && warning.message.includes('512'))
  t.like(mine, [{ code: 'BUFFER_SIZE_FALLBACK' }])
  t.is(mine.length, 1)
  await engine.close()
  device.close()
})

test('an aborted open rejects with an AbortError and leaves the device free', async (t) => {
  const device = createVirtualDevice()
  const before = AbortSignal.abort()
  const during = new AbortController()
  const opening = Engine.open({ device: device.id, signal: during.signal })
  during.abort()
  for (const promise of [opening, Engine.open({ device: device.id, signal: before })]) {
    t.is((await t.throwsAsync(promise)).name, 'AbortError')
  }
  // What had been opened already is closed behind the scenes; then the device grants a size anew.
  let granted = 0
  for (let tries = 0; granted !== 64 && tries < 500; tries++) {
    const engine = await Engine.open({ device: device.id, bufferSize: 64 })
    engine.on('warning', () => undefined)
    granted = engine.bufferSize
    await engine.close()
  }
  t.is(granted, 64)
  device.close()
})
