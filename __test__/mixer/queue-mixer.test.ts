// maxEvents and what the mixer schedules: refused whole when there is no room, and room that comes back.
import test from 'ava'
import type { Engine, Track, Voice } from '../../index'
import { channel, flat, isHeard, stage, throwsCode } from '../playback/stage'
import { beatFrames, click, heardOnsets } from './clicks'

const BEAT = beatFrames(120)
const LATER = { frame: 40_000 }

/** Everything that takes a place among the scheduled events, by its name. */
function scheduled(engine: Engine, track: Track, voice: Voice): [name: string, call: (n: number) => void][] {
  const { transport } = engine
  const effect = track.fx.at(0)
  const gainDb = effect?.params['gainDb']
  if (!effect || !gainDb) throw new Error('an effect')
  return [
    ['voice.seek', () => { voice.seek(0.1, { at: LATER }) }],
    ['voice.pause', () => { voice.pause({ at: { beat: 9 } }) }],
    ['voice.resume', () => { voice.resume({ at: { beat: 9 } }) }],
    ['voice.stop', () => { voice.stop({ at: { beat: 9 } }) }],
    ['track.stop', () => { track.stop({ at: { beat: 9 } }) }],
    ['voice.rate', (n) => { voice.rate.set(1 + n / 16, { at: LATER }) }],
    ['volume.set', (n) => { track.volume.set(n / 16, { at: { beat: 9 } }) }],
    ['volume.automate', (n) => { track.volume.automate([{ at: LATER, value: n / 16 }]) }],
    ['effect.set', (n) => { gainDb.set(-n, { at: LATER }) }],
    ['effect.automate', (n) => { gainDb.automate([{ at: { beat: 9 }, value: -n }]) }],
    ['setBypass', (n) => { effect.setBypass(n % 2 === 0, { at: LATER }) }],
    ['setTempo', (n) => { transport.setTempo(100 + n, { at: LATER }) }],
    ['transport.start', () => { transport.start(LATER) }],
    ['transport.stop', () => { transport.stop({ beat: 9 }) }],
    ['marker', (n) => { transport.marker(`marker ${n}`, LATER) }],
    ['marker at a beat', (n) => { transport.marker(`marker ${n}`, { beat: 9 }) }],
    ['batch', (n) => { engine.batch(() => { track.pan.set(n / 16) }, LATER) }],
    ['batch at a beat', (n) => { engine.batch(() => { voice.gain.set(n / 16) }, { beat: 9 }) }],
  ]
}

/** What of an engine can be read. */
function state({ transport }: Engine, track: Track, voice: Voice): object {
  const effect = track.fx.at(0)
  return {
    volume: track.volume.value, pan: track.pan.value, muted: track.muted, soloed: track.soloed,
    rate: voice.rate.value, gain: voice.gain.value, gainDb: effect?.params['gainDb']?.value,
    bypass: effect?.bypass, tempo: transport.tempo, loop: transport.loop,
  }
}

test('everything that is scheduled takes a place, and what has none throws and changes nothing', async (t) => {
  const names = scheduled(...await setUp()).map(([name]) => name)
  async function setUp(maxEvents = 100): Promise<[Engine, Track, Voice]> {
    const { engine, play, sample } = await stage(t, { maxEvents })
    const track = engine.createTrack()
    track.fx.add('gain')
    const voice = track.play(await sample(flat(0.5, 90_000), flat(0.5, 90_000)))
    await play(256)
    return [engine, track, voice]
  }
  for (const [index, name] of names.entries()) {
    const [engine, track, voice] = await setUp(3)
    const call = scheduled(engine, track, voice)[index]?.[1]
    if (!call) throw new Error(name)
    for (const n of [1, 2, 3]) call(n)
    const before = state(engine, track, voice)
    for (const [refused, again] of scheduled(engine, track, voice)) {
      throwsCode(t, () => { again(4) }, 'ERR_QUEUE_FULL', ['3'], `${refused} after ${name}`)
    }
    t.deepEqual(state(engine, track, voice), before, name)
  }
})

test('values without a time, mutes, solos and bypasses are never refused', async (t) => {
  const { engine, play, sample } = await stage(t, { maxEvents: 8 })
  const track = engine.createTrack()
  const effect = track.fx.add('gain', { gainDb: -6 })
  const send = track.send(engine.createTrack({ volume: 0 }), 0.5)
  const voice = track.play(await sample(flat(0.5, 90_000), flat(0.5, 90_000)))
  await play(256)
  for (let i = 0; i < 8; i++) engine.transport.marker('full', { frame: 80_000 })
  for (let i = 0; i < 500; i++) {
    track.volume.value = i / 500
    track.pan.set(i / 500)
    voice.gain.set(i / 500)
    voice.rate.set(1 + i / 500)
    send.gain.value = i / 500
    effect.params.gainDb.value = -i / 50
    track.muted = i % 2 === 0
    track.soloed = i % 2 === 0
    effect.bypass = i % 2 === 0
    effect.setBypass(i % 2 !== 0)
  }
  throwsCode(t, () => { voice.stop() }, 'ERR_QUEUE_FULL')
  track.pan.set(0, { ramp: 0 })
  track.volume.set(0.5, { ramp: 0 })
  voice.gain.set(0.5, { ramp: 0 })
  voice.rate.set(1, { ramp: 0 })
  effect.bypass = true
  await play(1000)
  isHeard(t, channel(await play(1000), 0), () => 0.125)
  t.is(send.gain.current, 499 / 500)
  t.is(engine.stats().lateEvents, 0)
})

test('an automation is accepted whole or not at all', async (t) => {
  const { engine, play, sample } = await stage(t, { maxEvents: 4 })
  const track = engine.createTrack()
  track.play(await sample(flat(0.5, 90_000), flat(0.5, 90_000)))
  await play(256)
  const points = (count: number): { at: { frame: number }; value: number }[] =>
    Array.from({ length: count }, (_, i) => ({ at: { frame: 1000 * (i + 1) }, value: i % 2 }))
  throwsCode(t, () => { track.volume.automate(points(5)) }, 'ERR_QUEUE_FULL', ['4'])
  t.is(track.volume.value, 1)
  isHeard(t, channel(await play(8000), 0), () => 0.5)
  track.volume.automate([{ at: { frame: 9000 }, value: 0.5 }, { at: { frame: 9000 }, value: 0.25 }])
  await play(2000)
  isHeard(t, channel(await play(100), 0), () => 0.125)
})

test('a batch is accepted whole or not at all', async (t) => {
  const one = await stage(t, { maxEvents: 5 })
  const { engine, play } = one
  const track = engine.createTrack({ volume: 0.5 })
  const effect = track.fx.add('gain')
  const sound = await click(one)
  const markers: string[] = []
  engine.on('marker', ({ name }) => markers.push(name))
  await play(10)
  throwsCode(t, () => engine.batch(() => {
    track.volume.value = 0
    effect.bypass = true
    engine.transport.tempo = 60
    engine.transport.start()
    engine.transport.loop = { start: 0, end: 1 }
    for (let i = 0; i < 6; i++) engine.transport.marker(`marker ${i}`, { frame: 100 })
    track.play(sound)
    track.fx.add('gain', { gainDb: -120 })
    track.output = engine.createTrack()
  }), 'ERR_QUEUE_FULL', ['5'])
  t.is(track.volume.value, 0.5)
  t.false(effect.bypass)
  t.is(engine.transport.tempo, 120)
  t.is(engine.transport.loop, null)
  t.deepEqual([...track.fx], [effect])
  t.is(track.output, engine.master)
  t.deepEqual(engine.tracks, [track])
  t.deepEqual(await heardOnsets(one, 1000), [])
  t.false(engine.transport.playing)
  t.deepEqual(markers, [])
  // All the room is there again.
  for (let i = 0; i < 5; i++) track.play(sound, { at: { frame: 2000 + i } })
  t.deepEqual(await heardOnsets(one, 2000), [2000, 2001, 2002, 2003, 2004])
})

test('what took effect gives its room back, however it was scheduled', async (t) => {
  const one = await stage(t, { maxEvents: 24 })
  const { engine, play, sample } = one
  const track = engine.createTrack()
  track.fx.add('gain')
  const long = await sample(flat(0.5, 90_000))
  engine.transport.start()
  await play(256)
  for (let round = 0; round < 30; round++) {
    const voice = track.play(long)
    const frame = engine.currentFrame + 100
    const beat = frame / BEAT
    engine.transport.marker('one', { frame })
    engine.transport.marker('two', { beat })
    track.volume.automate([{ at: { frame }, value: 0.5 }, { at: { frame: frame + 50 }, value: 1 }])
    track.pan.automate([{ at: { beat }, value: -0.5 }, { at: { beat: beat + 0.002 }, value: 0 }])
    voice.rate.set(2, { at: { beat } })
    track.fx.at(0)?.setBypass(round % 2 === 0, { at: { frame } })
    voice.seek(0.01, { at: { beat } })
    engine.batch(() => {
      track.volume.set(1, { ramp: 0 })
      engine.transport.marker('three', { frame })
    }, { beat })
    engine.transport.setTempo(120, { at: { frame } })
    voice.stop({ at: { beat: beat + 0.001 } })
    await play(1000)
    t.is((await voice.ended).reason, 'stopped')
  }
  t.is(engine.stats().lateEvents, 0)
  for (let i = 0; i < 24; i++) engine.transport.marker('full', { frame: 80_000 })
  throwsCode(t, () => { engine.transport.marker('more', { frame: 80_000 }) }, 'ERR_QUEUE_FULL')
})

test('what a seek of the transport skips gives its room back', async (t) => {
  const one = await stage(t, { maxEvents: 10 })
  const { engine, play } = one
  const track = engine.createTrack()
  const sound = await click(one)
  for (let round = 0; round < 20; round++) {
    const beat = 10 * round
    const voice = track.play(sound, { at: { beat: beat + 1 } })
    engine.transport.marker('skipped', { beat: beat + 2 })
    track.volume.automate([{ at: { beat: beat + 3 }, value: 0.5 }, { at: { beat: beat + 4 }, value: 1 }])
    engine.batch(() => track.play(sound), { beat: beat + 5 })
    engine.transport.seek(beat + 10)
    await play(256)
    t.is((await voice.ended).reason, 'stopped')
  }
  t.is(engine.stats().voices, 0)
})

test('what cancel() drops gives its room back', async (t) => {
  const { engine, play } = await stage(t, { maxEvents: 10 })
  const track = engine.createTrack()
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 4; i++) track.volume.set(0.5, { at: 3600 + i })
    track.volume.automate([{ at: { beat: 100 }, value: 1 }, { at: { beat: 101 }, value: 0 }])
    track.volume.cancel()
    await play(256)
  }
  for (let i = 0; i < 10; i++) track.volume.set(0.5, { at: 3600 })
  throwsCode(t, () => { track.volume.set(0.5, { at: 3600 }) }, 'ERR_QUEUE_FULL')
})

test('what belongs to a track or an effect that is removed gives its room back', async (t) => {
  const { engine, play, sample } = await stage(t, { maxEvents: 12 })
  const sound = await sample(flat(0.5, 1000))
  for (let round = 0; round < 20; round++) {
    const track = engine.createTrack()
    const effect = track.fx.add('filter')
    const voice = track.play(sound, { at: { frame: engine.currentFrame + 300 } })
    const at = { frame: engine.currentFrame + 200 }
    track.volume.set(0.5, { at })
    effect.params.frequency.set(500, { at })
    effect.setBypass(true, { at })
    const bus = engine.createTrack()
    track.send(bus).gain.set(0.5, { at })
    effect.remove()
    track.remove()
    bus.remove()
    await play(1000)
    t.is((await voice.ended).reason, 'stopped', `round ${round}`)
  }
  for (let i = 0; i < 12; i++) engine.transport.marker('full', { frame: 80_000 })
  throwsCode(t, () => { engine.transport.marker('more', { frame: 80_000 }) }, 'ERR_QUEUE_FULL')
})
