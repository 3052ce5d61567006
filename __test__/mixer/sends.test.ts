// Sends: a second way out of a track, after its fader, with a gain of its own.
import test from 'ava'
import { ULP, channel, exponential, flat, isHeard, isSame, ramp, stage, throwsCode } from '../playback/stage'
import { noise } from '../support/signal'
import { FADE, RAMP, playing } from './stage-mixer'

test('a send is taken after the fader and the pan, and enters the other track at its gain', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(1000, 1)
  const track = engine.createTrack({ volume: 0.25, pan: -1 })
  const bus = engine.createTrack({ volume: 0.5 })
  const send = track.send(bus, 0.25)
  t.is(send.gain.value, 0.25)
  track.play(await sample(signal, signal), { at: 0 })
  const heard = await play(1000)
  isHeard(t, channel(heard, 0), (n) => (signal[n] ?? 0) * 0.25 * Math.SQRT2 * (1 + 0.25 * 0.5), 2 * ULP)
  isHeard(t, channel(heard, 1), () => 0)
})

test('the gain is 1 unless it is given, from 0 to 4', async (t) => {
  const signal = noise(400, 2)
  const { engine, track, play } = await playing(t, signal, { safetyLimiter: false })
  const { gain } = track.send(engine.master)
  t.like(gain, { min: 0, max: 4, default: 1, value: 1 })
  isSame(t, channel(await play(400), 0), signal.map((x) => 2 * x))
})

test('a track may send to the same track more than once', async (t) => {
  const signal = noise(400, 3).map((x) => x / 4)
  const { engine, track, play } = await playing(t, signal)
  track.send(engine.master, 0.5)
  track.send(engine.master, 0.25)
  isHeard(t, channel(await play(400), 0), (n) => (signal[n] ?? 0) * 1.75, 2 * ULP)
})

test('the gain follows its ramps exactly', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 20_000), {}, { blockSizes: [300, 1, 57] })
  const bus = engine.createTrack()
  // The direct sound goes nowhere.
  track.output = engine.createTrack({ volume: 0 })
  const { gain } = track.send(bus, 0.25)
  gain.set(1, { at: { frame: 100 }, ramp: 0.02 })
  gain.set(0.1, { at: { frame: 2000 }, ramp: 0.05, curve: 'exponential' })
  gain.set(1.5, { at: { frame: 6000 }, curve: 'step' })
  gain.set(0.5, { at: { frame: 7000 } })
  isHeard(t, channel(await play(9000), 0), (n) => {
    if (n < 100) return 0.5 * 0.25
    if (n < 2000) return 0.5 * ramp(0.25, 1, n - 100, 960)
    if (n < 6000) return 0.5 * exponential(1, 0.1, n - 2000, 2400)
    if (n < 7000) return 0.5 * 1.5
    return 0.5 * ramp(1.5, 0.5, n - 7000, RAMP)
  }, ULP)
  t.is(gain.current, 0.5)
  gain.value = 1
  t.is(gain.value, 1)
  await play(120)
  t.is(gain.current, 0.75)
})

test('a send of a sounding track fades in over 10 ms, and out when it is removed', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.25, 20_000))
  const bus = engine.createTrack()
  await play(256)
  const send = track.send(bus, 2)
  isHeard(t, channel(await play(1000), 0), (n) => 0.25 + 0.5 * ramp(0, 1, n, FADE), ULP)
  send.remove()
  isHeard(t, channel(await play(1000), 0), (n) => 0.25 + 0.5 * ramp(1, 0, n, FADE), ULP)
  isHeard(t, channel(await play(100), 0), () => 0.25)
})

test('a batch removes a send on its frame', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.25, 20_000))
  const send = track.send(engine.createTrack(), 0.5)
  engine.batch(() => { send.remove() }, { frame: 777 })
  isHeard(t, channel(await play(2000), 0), (n) => 0.25 + 0.125 * (n < 777 ? 1 : ramp(1, 0, n - 777, FADE)), ULP)
})

test('a removed send answers ERR_INVALID_STATE; removing it again does nothing', async (t) => {
  const { track, engine, play } = await playing(t, flat(0.25, 9000))
  const send = track.send(engine.createTrack())
  send.remove()
  send.remove()
  throwsCode(t, () => { send.gain.set(0.5) }, 'ERR_INVALID_STATE', ['send'])
  throwsCode(t, () => (send.gain.value = 0.5), 'ERR_INVALID_STATE', ['send'])
  throwsCode(t, () => { send.gain.automate([{ at: 1, value: 0 }]) }, 'ERR_INVALID_STATE', ['send'])
  throwsCode(t, () => { send.gain.cancel() }, 'ERR_INVALID_STATE', ['send'])
  t.is(send.gain.value, 1)
  isHeard(t, channel(await play(1000), 0), () => 0.25)
})

test('a muted track, and one whose fader is down, sends nothing', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.25, 20_000))
  track.send(engine.createTrack())
  await play(256)
  track.muted = true
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 * ramp(1, 0, n, 240), ULP)
  track.muted = false
  await play(1000)
  track.volume.set(0, { ramp: 0.01 })
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 * ramp(1, 0, n, 480), ULP)
})

test('a track has eight sends at most', async (t) => {
  const { engine, track, play } = await playing(t, flat(1 / 64, 20_000))
  const bus = engine.createTrack()
  const sends = Array.from({ length: 8 }, () => track.send(bus))
  throwsCode(t, () => track.send(bus), 'ERR_LIMIT', ['8'])
  throwsCode(t, () => engine.batch(() => track.send(bus)), 'ERR_LIMIT', ['8'])
  isHeard(t, channel(await play(500), 0), () => 9 / 64)
  sends[3]?.remove()
  const ninth = track.send(bus, 2)
  throwsCode(t, () => track.send(bus), 'ERR_LIMIT', ['8'])
  await play(1000)
  isHeard(t, channel(await play(100), 0), () => 10 / 64)
  t.is(ninth.gain.current, 2)
  // Another track has eight of its own.
  for (let i = 0; i < 8; i++) bus.send(engine.master)
})

test('sends of a batch that comes to nothing are undone, and removed ones are there again', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.25, 20_000))
  const bus = engine.createTrack()
  const kept = track.send(bus, 0.5)
  await play(256)
  const error = new Error('from inside')
  t.is(t.throws(() => engine.batch(() => {
    kept.remove()
    for (let i = 0; i < 8; i++) track.send(bus, 1)
    throw error
  })), error)
  kept.gain.set(1, { ramp: 0 })
  isHeard(t, channel(await play(1000), 0), () => 0.5)
  for (let i = 0; i < 7; i++) track.send(bus, 0)
  throwsCode(t, () => track.send(bus), 'ERR_LIMIT', ['8'])
})
