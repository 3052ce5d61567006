// Everything that takes a time takes a beat; what is late is applied at once and counted.
import test from 'ava'
import type { Voice } from '../../index'
import { noise } from '../support/signal'
import { RATE, ULP, channel, exponential, flat, isHeard, ramp, stage } from '../playback/stage'
import { beatFrames, click, heardOnsets, randoms } from './clicks'

const BEAT = beatFrames(120)

test('play and stop at beats', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(90_000, 1)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: { beat: 0.5 } })
  voice.stop({ at: { beat: 1.75 } })
  engine.transport.start()
  const heard = channel(await play(60_000), 0)
  isHeard(t, heard, (n) => {
    if (n < 12_000) return 0
    return (signal[n - 12_000] ?? 0) * (n < 42_000 ? 1 : ramp(1, 0, n - 42_000, 480))
  }, ULP)
  t.is(await voice.startedAt, 12_000)
  t.deepEqual(await voice.ended, { frame: 42_479, reason: 'stopped' })
})

test('pause, resume and seek at beats', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(200_000, 2)
  const at = (n: number): number => signal[n] ?? 0
  const voice = engine.createTrack().play(await sample(signal, signal), { at: { frame: 0 } })
  engine.transport.start()
  voice.pause({ at: { beat: 1 } })
  voice.resume({ at: { beat: 2 } })
  voice.seek(2, { at: { beat: 3 } })
  isHeard(t, channel(await play(100_000), 0), (n) => {
    if (n < BEAT) return at(n)
    if (n < 2 * BEAT) return at(n) * ramp(1, 0, n - BEAT, 480)
    const resumed = at(n - BEAT) * ramp(0, 1, n - 2 * BEAT, 480)
    if (n < 3 * BEAT) return resumed
    const since = n - 3 * BEAT
    return resumed * ramp(1, 0, since, 480) + at(2 * RATE + since) * ramp(0, 1, since, 480)
  }, 2 * ULP)
})

test('parameters set and automated at beats', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const voice = track.play(await sample(flat(0.5, 200_000), flat(0.5, 200_000)), { at: 0 })
  engine.transport.start()
  voice.gain.set(0.5, { at: { beat: 0.5 }, ramp: 0.02 })
  voice.gain.set(1, { at: { beat: 1 }, ramp: 0.01, curve: 'exponential' })
  track.volume.automate([
    { at: { beat: 2 }, value: 1 },
    { at: { beat: 3 }, value: 0.25 },
    { at: { beat: 3.5 }, value: 0.75, curve: 'step' },
  ])
  isHeard(t, channel(await play(100_000), 0), (n) => {
    if (n < 12_000) return 0.5
    if (n < BEAT) return 0.5 * ramp(1, 0.5, n - 12_000, 960)
    if (n < 2 * BEAT) return 0.5 * exponential(0.5, 1, n - BEAT, 480)
    if (n < 3.5 * BEAT) return 0.5 * ramp(1, 0.25, n - 2 * BEAT - 1, BEAT)
    return 0.5 * 0.75
  }, ULP)
})

test('an effect is bypassed and comes back at beats, crossfaded over 10 ms', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const effect = track.fx.add('gain', { gainDb: -20 })
  track.play(await sample(flat(0.5, 90_000), flat(0.5, 90_000)), { at: 0 })
  engine.transport.start()
  effect.setBypass(true, { at: { beat: 0.5 } })
  effect.setBypass(false, { at: { beat: 1.5 } })
  isHeard(t, channel(await play(60_000), 0), (n) => {
    const wet = n < 36_000 ? ramp(1, 0, n - 12_000, 480) : ramp(0, 1, n - 36_000, 480)
    const share = n < 12_000 ? 1 : wet
    return 0.5 * (0.1 * share + 1 - share)
  }, 2 * ULP)
})

test('a batch at a beat takes effect on one frame, wherever a change of tempo puts it', async (t) => {
  for (const tempo of [undefined, 200]) {
    const { engine, play, sample } = await stage(t)
    const long = await sample(flat(0.25, 90_000), flat(0.25, 90_000))
    const tracks = Array.from({ length: 40 }, () => engine.createTrack({ volume: 0 }))
    const [first] = tracks
    if (!first) throw new Error('a track')
    engine.transport.start()
    const voices = engine.batch(() => {
      for (const track of tracks) track.volume.set(1 / 32, { ramp: 0 })
      return [...tracks.map((track) => track.play(long)), first.play(long, { at: { frame: 60_000 } })]
    }, { beat: 2 })
    if (tempo !== undefined) engine.transport.setTempo(tempo, { at: { beat: 1 } })
    const frame = tempo === undefined ? 2 * BEAT : BEAT + beatFrames(tempo)
    isHeard(t, channel(await play(70_000), 0), (n) => {
      const sounding = (n < frame ? 0 : tracks.length) + (n < 60_000 ? 0 : 1)
      return sounding * (0.25 / 32)
    })
    const started = await Promise.all(voices.map((voice) => voice.startedAt))
    t.deepEqual(started, [...tracks.map(() => frame), 60_000])
  }
})

test('calls for one beat take effect in the order of the calls, among those for its frame', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  track.play(await sample(flat(0.5, 90_000), flat(0.5, 90_000)), { at: 0 })
  engine.transport.start()
  track.volume.set(0.25, { at: { beat: 0.5 }, ramp: 0 })
  track.volume.set(0.5, { at: { beat: 0.5 }, ramp: 0 })
  track.volume.set(0.125, { at: { frame: BEAT }, ramp: 0 })
  track.volume.set(0.75, { at: { beat: 1 }, ramp: 0 })
  isHeard(t, channel(await play(40_000), 0), (n) => 0.5 * (n < BEAT / 2 ? 1 : n < BEAT ? 0.5 : 0.75))
})

test('a beat that the transport has passed is now, counted late, and says by how much', async (t) => {
  const { engine, play, sample } = await stage(t)
  const late: unknown[] = []
  engine.on('warning', (warning) => late.push(warning))
  engine.transport.start()
  await play(30_000)
  const signal = noise(300, 3)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: { beat: 0.5 } })
  isHeard(t, channel(await play(500), 0), (n) => signal[n] ?? 0)
  t.is(await voice.startedAt, 30_000)
  t.is(engine.stats().lateEvents, 1)
  t.like(late, [{ code: 'LATE_EVENT', by: 18_000 }])
  t.is(late.length, 1)
})

test('whether a beat has passed is judged after what was called before it', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.start()
  await one.play(1.5 * BEAT)
  transport.stop()
  track.play(sound, { at: { beat: 1 } })
  t.deepEqual(await heardOnsets(one, BEAT), [])
  transport.start()
  transport.loop = { start: 0, end: 2 }
  track.play(sound, { at: { beat: 0.5 } })
  t.deepEqual(await heardOnsets(one, 2 * BEAT), [3.5 * BEAT, 4 * BEAT])
  t.is(one.engine.stats().lateEvents, 0)
})

test('before the first frame a beat can have passed too', async (t) => {
  const one = await stage(t)
  const { engine } = one
  const late: unknown[] = []
  engine.on('warning', (warning) => late.push(warning))
  const track = engine.createTrack()
  const sound = await click(one)
  engine.transport.seek(1.5)
  engine.transport.start()
  track.play(sound, { at: { beat: 1 } })
  t.deepEqual(await heardOnsets(one, 1000), [0])
  t.is(engine.stats().lateEvents, 1)
  t.like(late, [{ code: 'LATE_EVENT', by: 12_000 }])
})

test('whatever comes too late is applied at once and counted', async (t) => {
  const { engine, play, sample } = await stage(t)
  const { transport } = engine
  const track = engine.createTrack()
  const long = await sample(flat(0.5, 90_000), flat(0.5, 90_000))
  const effect = track.fx.add('gain', { gainDb: -20 })
  const voices = [0, 1, 2].map(() => track.play(long, { at: 0, gain: 0.25 }))
  const [stopped, paused, kept] = voices
  if (!stopped || !paused || !kept) throw new Error('three voices')
  const markers: unknown[] = []
  engine.on('marker', (marker) => markers.push(marker))
  await play(1000)
  let expected = 0
  const late = (call: (at: { frame: number }) => void): void => {
    call({ frame: 400 + expected })
    expected += 1
  }
  late((at) => { stopped.stop({ at, fade: 0 }) })
  late((at) => { paused.pause({ at }) })
  late((at) => { kept.gain.set(0.5, { at, ramp: 0 }) })
  late((at) => { effect.setBypass(true, { at }) })
  late((at) => { transport.marker('late', at) })
  late((at) => { transport.start(at) })
  late((at) => { transport.setTempo(60, { at }) })
  await play(1000)
  t.deepEqual(await stopped.ended, { frame: 1000, reason: 'stopped' })
  t.is(kept.gain.current, 0.5)
  t.deepEqual(markers, [{ name: 'late', frame: 1000 }])
  t.true(Math.abs(transport.beat - 1000 / 48_000) < 1e-9)
  isHeard(t, channel(await play(100), 0), () => 0.25)
  t.is(engine.stats().lateEvents, expected)
})

test('10,000 one-shots, half by frames and half by beats, are all on their frames', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const random = randoms(4)
  const track = one.engine.createTrack()
  const sound = await click(one, 1 / 512)
  const tempo = 873.2
  transport.tempo = tempo
  transport.start({ frame: 77 })
  const length = 240_000
  const counts = new Float32Array(length)
  const voices: Voice[] = []
  const frames: number[] = []
  for (let i = 0; i < 10_000; i++) {
    const wanted = 100 + Math.floor(random() * (length - 200))
    const beat = (wanted - 77) / beatFrames(tempo)
    const frame = i % 2 === 0 ? wanted : Math.round(77 + beat * beatFrames(tempo))
    voices.push(track.play(sound, { at: i % 2 === 0 ? { frame } : { beat } }))
    frames.push(frame)
    counts[frame] = (counts[frame] ?? 0) + 1
  }
  isHeard(t, channel(await one.play(length), 0), (n) => (counts[n] ?? 0) / 512)
  t.deepEqual(await Promise.all(voices.map((voice) => voice.startedAt)), frames)
  t.like(one.engine.stats(), { lateEvents: 0, stolenVoices: 0 })
})

test('without a start nothing comes, however long', async (t) => {
  const one = await stage(t)
  const track = one.engine.createTrack()
  const voice = track.play(await click(one), { at: { beat: 0 } })
  const stopped = track.play(await click(one), { at: { beat: 0 } })
  t.deepEqual(await heardOnsets(one, 10 * RATE), [])
  stopped.stop()
  t.deepEqual(await heardOnsets(one, 100), [])
  t.deepEqual(await stopped.ended, { frame: 10 * RATE, reason: 'stopped' })
  one.engine.transport.start()
  t.deepEqual(await heardOnsets(one, 100), [10 * RATE + 100])
  t.is(await voice.startedAt, 10 * RATE + 100)
})
