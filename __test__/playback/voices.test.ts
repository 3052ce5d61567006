// What becomes of a voice: its promises, its events, its end.
import test from 'ava'
import type { Voice } from '../../index'
import { channel, flat, isHeard, stage } from './stage'

/** Whether a promise has settled by now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending
}

test('the promises of a voice settle with the step in which it happened', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(0.5, 500)), { at: { frame: 300 } })
  await play(300)
  t.false(await settled(voice.startedAt))
  await play(1)
  t.is(await voice.startedAt, 300)
  await play(499)
  t.true(await settled(voice.ended))
  t.deepEqual(await voice.ended, { frame: 800, reason: 'finished' })
})

test('a voice stopped before its start never started', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(0.5, 500)), { at: { frame: 5000 } })
  await play(100)
  voice.stop()
  await play(100)
  t.is(await voice.startedAt, null)
  t.deepEqual(await voice.ended, { frame: 100, reason: 'stopped' })
  isHeard(t, channel(await play(6000), 0), () => 0)
  t.is(engine.stats().staleCommands, 0)
})

test('a voice cut on the frame of its start never sounded', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(0.5, 500)), { at: { frame: 50 } })
  voice.stop({ at: { frame: 50 }, fade: 0 })
  isHeard(t, channel(await play(500), 0), () => 0)
  t.is(await voice.startedAt, null)
  t.deepEqual(await voice.ended, { frame: 50, reason: 'stopped' })
})

test('a sound without frames finishes without having started', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(0.5, 0)), { at: { frame: 50 } })
  await play(100)
  t.is(await voice.startedAt, null)
  t.deepEqual(await voice.ended, { frame: 50, reason: 'finished' })
})

test('the stop of a track ends every voice played on it before, and no later one', async (t) => {
  const { engine, play, sample } = await stage(t)
  const [track, other] = [engine.createTrack(), engine.createTrack()]
  const long = await sample(flat(0.125, 9000), flat(0.125, 9000))
  const before = [track.play(long, { at: 0 }), track.play(long, { at: { frame: 10 } })]
  const kept = other.play(long, { at: 0 })
  track.stop({ at: { frame: 1000 }, fade: 0 })
  const after = track.play(long, { at: { frame: 500 } })
  isHeard(t, channel(await play(3000), 0), (n) =>
    (n < 10 ? 0.25 : n < 500 ? 0.375 : n < 1000 ? 0.5 : 0.25))
  for (const voice of before) t.deepEqual(await voice.ended, { frame: 1000, reason: 'stopped' })
  t.false(await settled(after.ended))
  t.false(await settled(kept.ended))
})

test('the stop of a track ends what waits for its time, on the frame of the stop', async (t) => {
  const { engine, play, sample } = await stage(t)
  const sound = await sample(flat(0.5, 100))
  const times = [{ frame: 5000 }, { frame: 1e9 }, { beat: 1 }, { beat: 1e6 }]
  const track = engine.createTrack()
  await play(100)
  const waiting = times.map((at) => track.play(sound, { at }))
  await play(100)
  track.stop()
  const later = track.play(sound, { at: { beat: 1 } })
  await play(100)
  for (const voice of waiting) {
    t.is(await voice.startedAt, null)
    t.deepEqual(await voice.ended, { frame: 200, reason: 'stopped' })
  }
  // Stopped at a time, which comes before theirs.
  const again = times.map((at) => track.play(sound, { at }))
  track.stop({ at: { frame: 1000 } })
  await play(100)
  for (const voice of [...again, later]) t.false(await settled(voice.ended))
  await play(1000)
  for (const voice of [...again, later]) t.deepEqual(await voice.ended, { frame: 1000, reason: 'stopped' })
  // A removed one ends them, too.
  const removed = engine.createTrack()
  const last = times.map((at) => removed.play(sound, { at }))
  await play(100)
  removed.remove()
  await play(100)
  for (const voice of last) t.like(await voice.ended, { reason: 'stopped' })
})

test('the quietest voice makes room, the oldest of equals, faded over 5 ms', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 2 })
  const track = engine.createTrack()
  const long = await sample(flat(0.5, 9000), flat(0.5, 9000))
  const loud = track.play(long, { at: 0, gain: 0.5 })
  const quiet = track.play(long, { at: 0, gain: 0.25 })
  const third = track.play(long, { at: { frame: 1000 }, gain: 0.5 })
  const fourth = track.play(long, { at: { frame: 2000 }, gain: 0.75 })
  await play(4000)
  t.deepEqual(await quiet.ended, { frame: 1000 + 239, reason: 'stolen' })
  t.deepEqual(await loud.ended, { frame: 2000 + 239, reason: 'stolen' })
  t.false(await settled(third.ended))
  t.false(await settled(fourth.ended))
  t.like(engine.stats(), { stolenVoices: 2, voices: 2 })
})

test('voices that wait for their time take no place among those that sound', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 1 })
  const track = engine.createTrack()
  const short = await sample(flat(0.5, 10))
  const voices = Array.from({ length: 20 }, (_, i) => track.play(short, { at: { frame: i * 10 } }))
  await play(1000)
  for (const [i, voice] of voices.entries()) {
    t.deepEqual(await voice.ended, { frame: i * 10 + 10, reason: 'finished' })
  }
  t.is(engine.stats().stolenVoices, 0)
})

test("'ended' tells every voice in the order of their ends, after their promises", async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const ended: Voice[] = []
  engine.on('ended', (voice) => ended.push(voice))
  const lengths = [900, 300, 600]
  const voices: Voice[] = []
  for (const length of lengths) voices.push(track.play(await sample(flat(0.1, length)), { at: 0 }))
  await play(2000)
  t.deepEqual(ended.map((voice) => voices.indexOf(voice)), [1, 2, 0])
  t.is(new Set(voices.map((voice) => voice.id)).size, 3)
})

test('events never fire inside the call that caused them', async (t) => {
  const { engine, play, sample } = await stage(t)
  let calling = false
  let fired = 0
  const note = (): void => {
    fired += 1
    t.false(calling)
  }
  for (const event of ['ended', 'warning', 'close'] as const) engine.on(event, note)
  const call = <T>(fn: () => T): T => {
    calling = true
    const result = fn()
    calling = false
    return result
  }
  const click = await sample(flat(0.5, 1))
  const track = engine.createTrack()
  await play(100)
  call(() => track.play(click, { at: 0 }))
  const stopped = call(() => track.play(click, { at: { frame: 9000 } }))
  call(() => { stopped.stop() })
  await play(100)
  const closed = call(() => engine.close())
  await closed
  t.is(fired, 4)
})

test('a listener that throws keeps no other event from being told', async (t) => {
  const { engine, play, sample } = await stage(t)
  const uncaught: unknown[] = []
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => uncaught.push(error.message))
  let heard = 0
  engine.on('ended', () => {
    heard += 1
    throw new Error('of a listener')
  })
  const click = await sample(flat(0.5, 1))
  const voices = [0, 1, 2].map((frame) => engine.createTrack().play(click, { at: { frame } }))
  await play(100)
  await Promise.all(voices.map((voice) => voice.ended))
  await new Promise(setImmediate)
  process.removeAllListeners('uncaughtException')
  for (const listener of before) process.on('uncaughtException', listener)
  t.is(heard, 3)
  t.deepEqual(uncaught, ['of a listener', 'of a listener', 'of a listener'])
})

test('commands for a voice that has ended are counted and do nothing', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const click = await sample(flat(0.5, 1))
  const voice = track.play(click)
  await play(256)
  await voice.ended
  voice.stop()
  voice.pause()
  voice.resume()
  voice.gain.set(0.5)
  const next = track.play(await sample(flat(0.5, 1000), flat(0.5, 1000)))
  isHeard(t, channel(await play(1000), 0), () => 0.5)
  t.is(await next.startedAt, 256)
  t.is(engine.stats().staleCommands, 4)
})
