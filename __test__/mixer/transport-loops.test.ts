// The transport's loop: seamless, on exact frames for as long as it runs.
import test from 'ava'
import { noise } from '../support/signal'
import { channel, flat, isHeard, stage } from '../playback/stage'
import { beatFrames, click, heardOnsets } from './clicks'

const BEAT = beatFrames(120)

test('it repeats on exact frames, without drift over hundreds of passes', async (t) => {
  const one = await stage(t, {}, { sampleRate: 44_100, blockSizes: [64, 1, 511, 256] })
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  // 662.16 frames a pass: no pass is a whole number of them.
  const beat = beatFrames(999, 44_100)
  transport.tempo = 999
  transport.loop = { start: 0.25, end: 0.5 }
  transport.start({ frame: 10 })
  const heard: number[] = []
  const expected: number[] = []
  for (let pass = 0; pass < 400; pass++) {
    track.play(sound, { at: { beat: 0.3 } })
    expected.push(Math.round(10 + 0.3 * beat + pass * 0.25 * beat))
    heard.push(...await heardOnsets(one, Math.round(10 + 0.5 * beat + pass * 0.25 * beat) - one.engine.currentFrame))
  }
  t.deepEqual(heard, expected)
  t.is(one.engine.stats().lateEvents, 0)
})

test('its beat is that of the pass, on every frame', async (t) => {
  const { engine: { transport }, engine, play } = await stage(t)
  transport.tempo = 150
  transport.loop = { start: 1, end: 1.7 }
  transport.start()
  const beat = beatFrames(150)
  for (let i = 0; i < 200; i++) {
    await play(1 + (i * 719) % 2500)
    const far = engine.currentFrame / beat
    const expected = far < 1.7 ? far : 1 + (far - 1) % 0.7
    const off = Math.abs(transport.beat - expected)
    // On the very frame of a wrap both ends are the same place.
    t.true(Math.min(off, Math.abs(off - 0.7)) < 1e-7, `${transport.beat} at frame ${engine.currentFrame}`)
  }
})

test('what sounds when it wraps goes on, bit for bit', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(40_000, 1)
  engine.transport.loop = { start: 0, end: 0.1 }
  engine.transport.start()
  engine.createTrack().play(await sample(signal, signal), { at: { beat: 0.05 } })
  isHeard(t, channel(await play(45_000), 0), (n) => signal[n - 1200] ?? 0)
})

test('a beat of the loop that was passed waits for the next pass', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.loop = { start: 0, end: 2 }
  transport.start()
  await one.play(1.5 * BEAT)
  for (const beat of [1, 0, 1.75]) track.play(sound, { at: { beat } })
  t.deepEqual(await heardOnsets(one, 4 * BEAT), [1.75 * BEAT, 2 * BEAT, 3 * BEAT])
  t.is(one.engine.stats().lateEvents, 0)
})

test('its start belongs to it and its end does not', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.loop = { start: 1, end: 2 }
  transport.start()
  await one.play(1.5 * BEAT)
  track.play(sound, { at: { beat: 1 } })
  const end = track.play(sound, { at: { beat: 2 } })
  t.deepEqual(await heardOnsets(one, 4 * BEAT), [2 * BEAT])
  // At beat 1.5 of its fifth pass; without the loop it runs on into what waits behind it.
  transport.loop = null
  t.is(transport.loop, null)
  t.deepEqual(await heardOnsets(one, 4 * BEAT), [6 * BEAT])
  t.is(await end.startedAt, 6 * BEAT)
})

test('beyond its end the transport runs on, before its start it runs into it', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.loop = { start: 2, end: 3 }
  transport.seek(3.5)
  transport.start()
  track.play(sound, { at: { beat: 4 } })
  track.play(sound, { at: { beat: 7.5 } })
  t.deepEqual(await heardOnsets(one, 5 * BEAT), [BEAT / 2, 4 * BEAT])
  transport.seek(1)
  const from = one.engine.currentFrame
  await one.play(2.5 * BEAT)
  t.true(Math.abs(transport.beat - 2.5) < 1e-9)
  track.play(sound, { at: { beat: 2.25 } })
  t.deepEqual(await heardOnsets(one, BEAT), [from + 3.25 * BEAT])
})

test('it can be set and moved while it runs', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  transport.start()
  const at = async (frames: number, beat: number): Promise<void> => {
    await one.play(frames)
    t.true(Math.abs(transport.beat - beat) < 1e-9, `${transport.beat}, expected ${beat}`)
  }
  await at(0.75 * BEAT, 0.75)
  transport.loop = { start: 0.5, end: 1 }
  t.deepEqual(transport.loop, { start: 0.5, end: 1 })
  await at(0.5 * BEAT, 0.75)
  transport.loop = { start: 0, end: 2 }
  await at(BEAT, 1.75)
  await at(0.5 * BEAT, 0.25)
  // Its end is behind the transport now: there is nothing to run into.
  transport.loop = { start: 0, end: 0.125 }
  await at(BEAT, 1.25)
})

test('a tempo that changes within it changes the rest of the pass and those that follow', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.loop = { start: 0, end: 1 }
  transport.start()
  transport.setTempo(240, { at: { frame: 18_000 } })
  track.play(sound, { at: { beat: 0.875 } })
  // A quarter of the pass is left at 240: 3,000 frames.
  t.deepEqual(await heardOnsets(one, 20_000), [19_500])
  track.play(sound, { at: { beat: 0.5 } })
  t.deepEqual(await heardOnsets(one, 20_000), [21_000 + 6000])
  t.true(Math.abs(transport.beat - 7 / 12) < 1e-9)
})

test('a stop in a loop holds it, a seek within it does not leave it', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.loop = { start: 0, end: 1 }
  transport.start()
  transport.stop({ frame: 2.5 * BEAT })
  await one.play(3 * BEAT)
  t.true(Math.abs(transport.beat - 0.5) < 1e-9)
  track.play(sound, { at: { beat: 0.25 } })
  transport.seek(0.75)
  t.deepEqual(await heardOnsets(one, BEAT), [])
  transport.start()
  t.deepEqual(await heardOnsets(one, BEAT), [4.5 * BEAT])
})

test('values and stops at beats of the loop come with the pass that reaches them', async (t) => {
  const one = await stage(t)
  const { engine, play, sample } = one
  const track = engine.createTrack()
  const voice = track.play(await sample(flat(0.5, 200_000), flat(0.5, 200_000)), { at: 0 })
  engine.transport.loop = { start: 0, end: 1 }
  engine.transport.start()
  await play(0.75 * BEAT)
  track.volume.set(0.5, { at: { beat: 0.25 }, ramp: 0 })
  voice.stop({ at: { beat: 0.5 }, fade: 0 })
  const from = 0.75 * BEAT
  isHeard(t, channel(await play(2 * BEAT), 0), (n) => {
    const frame = n + from
    return frame < 1.25 * BEAT ? 0.5 : frame < 1.5 * BEAT ? 0.25 : 0
  })
  t.deepEqual(await voice.ended, { frame: 1.5 * BEAT, reason: 'stopped' })
})
