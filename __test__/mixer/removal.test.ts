// Taking things out again: tracks with what hangs on them, and everything, many times.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import type { Engine, Param, Sample, Track } from '../../index'
import { ULP, channel, flat, isHeard, isSame, ramp, stage, throwsCode } from '../playback/stage'
import { noise } from '../support/signal'
import { FADE, playing } from './stage-mixer'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('a removed track fades out over 10 ms, and its voices end as stopped', async (t) => {
  const { engine, track, voice, sound, play } = await playing(t, flat(0.5, 20_000))
  const waiting = track.play(sound, { at: 0.2 })
  await play(256)
  const early = track.play(sound, { at: { frame: 300 } })
  track.remove()
  t.deepEqual(engine.tracks, [])
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 * ramp(1, 0, n, FADE), 2 * ULP)
  // The first silent frame: the ramp stands on 0 at its last.
  t.deepEqual(await voice.ended, { frame: 256 + FADE - 1, reason: 'stopped' })
  t.is((await early.ended).reason, 'stopped')
  isHeard(t, channel(await play(20_000), 0), () => 0)
  t.is((await waiting.ended).reason, 'stopped')
  t.is(await waiting.startedAt, null)
  t.is(engine.stats().voices, 0)
})

test('what fed a removed bus feeds what the bus fed, and sends to it end', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.25, 20_000))
  const outer = engine.createTrack({ volume: 0.5 })
  const inner = engine.createTrack({ volume: 0.25, output: outer })
  track.output = inner
  const send = track.send(inner, 2)
  const kept = track.send(outer, 1)
  isHeard(t, channel(await play(500), 0), () => 0.25 * (3 * 0.25 + 1) * 0.5)
  inner.remove()
  t.is(track.output, outer)
  t.deepEqual(engine.tracks, [track, outer])
  throwsCode(t, () => { send.gain.set(1) }, 'ERR_INVALID_STATE', ['send'])
  const heard = channel(await play(2000), 0)
  isHeard(t, heard, () => 0.25 * 2 * 0.5, 0, 2 * FADE)
  t.true(heard.every((x) => x > 0.1 && x <= 0.5))
  kept.gain.set(0, { ramp: 0 })
  isHeard(t, channel(await play(100), 0), () => 0.125)
})

test('a batch removes a track on its frame, with what it feeds', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.25, 20_000))
  track.send(engine.createTrack(), 1)
  track.fx.add('gain')
  engine.batch(() => { track.remove() }, { frame: 1111 })
  isHeard(t, channel(await play(3000), 0), (n) => 0.5 * (n < 1111 ? 1 : ramp(1, 0, n - 1111, FADE)), ULP)
})

test('what is planned for later does not hold up a removal', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 20_000))
  await play(256)
  engine.batch(() => track.fx.add('gain'), { frame: 5000 })
  track.remove()
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 * ramp(1, 0, n, FADE), ULP)
  isHeard(t, channel(await play(6000), 0), () => 0)
})

test('what was planned for something that is gone gives its room back', async (t) => {
  const things: Record<string, (track: Track, sound: Sample) => [Param, () => void]> = {
    effect: ({ fx }) => {
      const effect = fx.add('gain')
      return [effect.params.gainDb, () => { effect.remove() }]
    },
    send: (track) => {
      const send = track.send(track.output)
      return [send.gain, () => { send.remove() }]
    },
    voice: (track, sound) => {
      const voice = track.play(sound)
      return [voice.gain, () => { voice.stop() }]
    },
    track: (track) => [track.volume, () => { track.remove() }],
  }
  for (const [what, make] of Object.entries(things)) {
    const { engine, sound, play } = await playing(t, flat(1 / 64, 50_000), { maxEvents: 10 })
    for (let round = 0; round < 20; round++) {
      const [param, remove] = make(engine.createTrack(), sound)
      await play(64)
      for (let i = 0; i < 3; i++) t.notThrows(() => { param.set(0.5, { at: 60 + i }) }, `${what} ${round}`)
      remove()
      await play(1000)
    }
  }
})

test('a removed track answers ERR_INVALID_STATE; removing it again does nothing', async (t) => {
  const { engine, track, sound, play } = await playing(t, flat(0.5, 9000))
  const [other, effect] = [engine.createTrack(), track.fx.add('gain')]
  const send = track.send(other)
  const meter = track.createMeter()
  track.name = 'gone'
  await play(256)
  track.remove()
  track.remove()
  const calls: Record<string, () => unknown> = {
    play: () => track.play(sound),
    stop: () => { track.stop() },
    volume: () => (track.volume.value = 1),
    'volume.automate': () => { track.volume.automate([{ at: 1, value: 1 }]) },
    'volume.cancel': () => { track.volume.cancel() },
    pan: () => { track.pan.set(0) },
    muted: () => (track.muted = true),
    soloed: () => (track.soloed = true),
    output: () => (track.output = other),
    send: () => track.send(other),
    'to it': () => other.send(track),
    'output to it': () => (other.output = track),
    'fx.add': () => track.fx.add('gain'),
    'fx.move': () => { track.fx.move(effect, 0) },
    'fx.clear': () => { track.fx.clear() },
    meter: () => track.meter(),
    createMeter: () => track.createMeter(),
    'meter.read': () => meter.read(),
  }
  for (const [name, call] of Object.entries(calls)) throwsCode(t, call, 'ERR_INVALID_STATE', ['gone'], name)
  throwsCode(t, () => (effect.params.gainDb.value = 3), 'ERR_INVALID_STATE', ['gain'])
  throwsCode(t, () => (effect.bypass = true), 'ERR_INVALID_STATE', ['gain'])
  throwsCode(t, () => { effect.setBypass(true) }, 'ERR_INVALID_STATE', ['gain'])
  throwsCode(t, () => { send.gain.set(1) }, 'ERR_INVALID_STATE')
  throwsCode(t, () => { engine.master.remove() }, 'ERR_INVALID_STATE', ['master'])
  t.is(track.name, 'gone')
  t.is(track.volume.value, 1)
  t.false(track.muted)
  meter.close()
  await play(1000)
  t.is(engine.stats().staleCommands, 0)
})

test('a removed track makes room for another, also before it has faded out', async (t) => {
  const { engine, play, sample } = await stage(t, { maxTracks: 4 })
  const long = await sample(flat(1 / 64, 90_000), flat(1 / 64, 90_000))
  let tracks: Track[] = []
  for (let round = 0; round < 60; round++) {
    for (const track of tracks) track.remove()
    tracks = Array.from({ length: 4 }, (_, i) => engine.createTrack({ volume: i === 0 ? 1 : 0.5 }))
    throwsCode(t, () => engine.createTrack(), 'ERR_LIMIT', ['4'])
    for (const track of tracks) {
      track.play(long)
      track.fx.add('filter', { type: 'allpass' })
    }
    await play(round % 2 === 0 ? 100 : 1000)
  }
  for (const track of tracks) track.fx.clear()
  await play(1000)
  isHeard(t, channel(await play(1000), 0), () => 2.5 / 64)
  const { allocations, frees } = engine.stats().audioThread
  t.deepEqual([allocations, frees], [0, 0])
})

test('a removal that comes to nothing with its batch leaves everything as it was', async (t) => {
  const { engine, track, voice, play } = await playing(t, flat(0.25, 50_000))
  const bus = engine.createTrack({ volume: 0.5 })
  const last = engine.createTrack({ name: 'last' })
  track.output = bus
  const send = track.send(bus)
  const effect = bus.fx.add('gain', { gainDb: 0 })
  await play(500)
  const error = new Error('from inside')
  t.is(t.throws(() => engine.batch(() => {
    bus.remove()
    t.is(track.output, engine.master)
    track.remove()
    t.deepEqual(engine.tracks, [last])
    throw error
  })), error)
  t.deepEqual(engine.tracks, [track, bus, last])
  t.is(track.output, bus)
  isHeard(t, channel(await play(1000), 0), () => 0.25)
  send.gain.set(3, { ramp: 0 })
  effect.params.gainDb.set(20 * Math.log10(0.5), { ramp: 0 })
  voice.gain.set(0.5, { ramp: 0 })
  isHeard(t, channel(await play(1000), 0), () => 0.125 * 4 * 0.25, ULP)
  bus.remove()
  t.is(track.output, engine.master)
})

/** One of everything, connected with everything. */
function addEverything(engine: Engine, sound: Sample, round: number): void {
  const buses = [0, 1, 2].map(() => engine.createTrack({ volume: 0.5 }))
  const [first, second, third] = buses
  if (!first || !second || !third) throw new Error('three buses')
  first.output = second
  third.send(second, 0.25)
  for (let i = 0; i < 5; i++) {
    const track = engine.createTrack({ output: i % 2 === 0 ? first : third, pan: (i - 2) / 2 })
    const { gain } = track.send(second, 0.5)
    gain.automate([{ at: engine.currentTime + 0.01, value: 1 }, { at: engine.currentTime + 60, value: 0 }])
    const voice = track.play(sound, { loop: true })
    track.play(sound, { at: engine.currentTime + 0.002 * i, fadeIn: 0.001, rate: 1 + i / 4 })
    track.play(sound, { at: { beat: round + i } })
    voice.gain.set(0.5, { ramp: 0.02 })
    track.fx.add('filter', { type: 'peaking', frequency: 300 * (i + 1), gainDb: 6 })
    const effect = track.fx.add('gain', { gainDb: -6 }, { index: 0, bypass: i === 1 })
    effect.setBypass(i !== 1, { at: engine.currentTime + 0.003 })
    effect.params.gainDb.set(-12, { at: engine.currentTime + 0.004 })
    track.volume.automate([{ at: engine.currentTime + 30, value: 2 }])
    if (i === 2) track.soloed = true
    if (i === 3) track.muted = true
    track.createMeter().read()
  }
  engine.master.fx.add('filter', { type: 'lowshelf', gainDb: 3 })
  engine.master.fx.move(engine.master.fx.add('gain', { gainDb: -3 }), 0)
}

function removeEverything(engine: Engine, round: number): void {
  engine.master.fx.clear()
  // From the buses, from the sources, or from both ends.
  const tracks = round % 3 === 0 ? [...engine.tracks] : engine.tracks.toReversed()
  if (round % 3 === 2) tracks.push(...tracks.splice(0, 3))
  for (const track of tracks) track.remove()
}

// By itself: what others keep meanwhile counts too.
test.serial('everything added and removed 200 times leaves silence, a sound engine and nothing behind', async (t) => {
  const { engine, play, sample } = await stage(t)
  const sound = await sample(noise(3000, 1).map((x) => x / 16), noise(3000, 2).map((x) => x / 16))
  engine.transport.start()
  let before = 0
  for (let round = 0; round < 200; round++) {
    addEverything(engine, sound, round)
    const heard = channel(await play(200 + 7 * (round % 50)), 0)
    if (round % 20 === 0) t.true(heard.some((x) => x !== 0))
    removeEverything(engine, round)
    t.deepEqual(engine.tracks, [])
    await play(round % 5 === 0 ? 1500 : 111)
    if (round % 5 === 0) isHeard(t, channel(await play(100), 0), () => 0)
    if (round !== 50) continue
    collect()
    before = process.memoryUsage().heapUsed
  }
  await play(1500)
  isHeard(t, channel(await play(5000), 0), () => 0)
  collect()
  const grown = (process.memoryUsage().heapUsed - before) / 2 ** 20
  t.true(grown < 8, `${grown.toFixed(1)} MB more after 150 rounds`)
  const stats = engine.stats()
  t.deepEqual([stats.audioThread.allocations, stats.audioThread.frees, stats.voices], [0, 0, 0])

  const signal = noise(4000, 3)
  engine.createTrack({ output: engine.createTrack() }).play(await sample(signal, signal))
  isSame(t, channel(await play(4000), 0), signal)
})
