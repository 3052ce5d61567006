// Ramps, stops and pauses, against the formulas of the contract.
import test from 'ava'
import { noise } from '../support/signal'
import { ULP, channel, exponential, flat, isHeard, ramp, stage } from './stage'

const LOUD = 0.5

test('a stop fades over 10 ms by default and ends on its first silent frame', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(LOUD, 9000), flat(LOUD, 9000)), { at: 0 })
  voice.stop({ at: { frame: 700 } })
  const heard = channel(await play(3000), 0)
  isHeard(t, heard, (n) => LOUD * (n < 700 ? 1 : ramp(1, 0, n - 700, 480)), ULP)
  const { frame, reason } = await voice.ended
  t.is(reason, 'stopped')
  // The formula stands on 0 at frame 700 + 480 - 1: that is the first silent one.
  t.is(frame, 700 + 479)
  t.not(heard[frame - 1], 0)
  t.is(heard[frame], 0)
})

test('a fade has the length that was asked for', async (t) => {
  for (const [fade, frames] of [[0.001, 48], [0.05, 2400], [0.0021, 101]] as const) {
    const { engine, play, sample } = await stage(t)
    const track = engine.createTrack()
    track.play(await sample(flat(LOUD, 9000), flat(LOUD, 9000)), { at: 0 })
    track.stop({ at: { frame: 300 }, fade })
    const heard = channel(await play(3000), 1)
    isHeard(t, heard, (n) => LOUD * (n < 300 ? 1 : ramp(1, 0, n - 300, frames)), ULP)
  }
})

test('a natural end is not faded', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(LOUD, 333), flat(LOUD, 333)), { at: 0 })
  isHeard(t, channel(await play(1000), 0), (n) => (n < 333 ? LOUD : 0))
  t.deepEqual(await voice.ended, { frame: 333, reason: 'finished' })
})

test('a sound that ends during its fade ends where its samples do', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(LOUD, 500), flat(LOUD, 500)), { at: 0 })
  voice.stop({ at: { frame: 300 } })
  await play(1000)
  t.deepEqual(await voice.ended, { frame: 500, reason: 'stopped' })
})

test('a shorter second stop shortens the fade, a longer one does not lengthen it', async (t) => {
  const { engine, play, sample } = await stage(t)
  const long = await sample(flat(LOUD, 9000), flat(LOUD, 9000))
  const track = engine.createTrack()
  const cut = track.play(long, { at: 0 })
  cut.stop({ at: { frame: 100 }, fade: 0.1 })
  cut.stop({ at: { frame: 200 }, fade: 0 })
  const kept = track.play(long, { at: 0 })
  kept.stop({ at: { frame: 100 }, fade: 0.01 })
  kept.stop({ at: { frame: 200 }, fade: 1 })
  await play(9000)
  t.deepEqual(await cut.ended, { frame: 200, reason: 'stopped' })
  t.deepEqual(await kept.ended, { frame: 579, reason: 'stopped' })
})

test('a pause fades out, and resume goes on from the frame of the pause', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(6000, 7)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: { frame: 10 } })
  voice.pause({ at: { frame: 1010 } })
  voice.resume({ at: { frame: 3000 } })
  const heard = channel(await play(9000), 0)
  const at = (n: number): number => signal[n] ?? 0
  isHeard(t, heard, (n) => {
    if (n < 10) return 0
    if (n < 1010) return at(n - 10)
    if (n < 3000) return at(n - 10) * ramp(1, 0, n - 1010, 480)
    return at(n - 2000) * ramp(0, 1, n - 3000, 480)
  }, ULP)
  t.is(await voice.startedAt, 10)
  t.deepEqual(await voice.ended, { frame: 3000 + 5000, reason: 'finished' })
})

test('a resume during the fade of its pause crosses over without a click', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(6000, 8)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: 0 })
  voice.pause({ at: { frame: 1000 } })
  voice.resume({ at: { frame: 1200 } })
  const at = (n: number): number => signal[n] ?? 0
  isHeard(t, channel(await play(3000), 0), (n) => {
    const leaving = n < 1000 ? 1 : ramp(1, 0, n - 1000, 480)
    const coming = n < 1200 ? 0 : ramp(0, 1, n - 1200, 480)
    return at(n) * leaving + at(n - 200) * coming
  }, 2 * ULP)
})

test('a paused voice ends at once when it is stopped', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(LOUD, 9000)), { at: 0 })
  voice.pause({ at: { frame: 100 } })
  voice.stop({ at: { frame: 2000 } })
  await play(3000)
  t.deepEqual(await voice.ended, { frame: 2000, reason: 'stopped' })
})

test('a voice paused before its start waits for resume and starts from its beginning', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(500, 9)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: { frame: 100 } })
  voice.pause()
  voice.resume({ at: { frame: 1000 } })
  isHeard(t, channel(await play(3000), 0), (n) => signal[n - 1000] ?? 0)
  t.is(await voice.startedAt, 1000)
})

test('pausing twice and resuming what plays change nothing', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(4000, 10)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: 0 })
  voice.resume({ at: { frame: 50 } })
  voice.pause({ at: { frame: 1000 } })
  voice.pause({ at: { frame: 1300 } })
  voice.resume({ at: { frame: 2000 } })
  voice.resume({ at: { frame: 2100 } })
  const heard = channel(await play(6000), 0)
  isHeard(t, heard, (n) => signal[n - 1000] ?? 0, 0, 2480, 5000)
  isHeard(t, heard, () => 0, 0, 1480, 2000)
})

test('a parameter follows its ramp exactly, linear and exponential', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const voice = track.play(await sample(flat(LOUD, 20_000), flat(LOUD, 20_000)), { at: 0, gain: 0.25 })
  voice.gain.set(1, { at: { frame: 100 }, ramp: 0.02 })
  voice.gain.set(0.1, { at: { frame: 2000 }, ramp: 0.05, curve: 'exponential' })
  voice.gain.set(1.5, { at: { frame: 6000 }, ramp: 0.5, curve: 'step' })
  voice.gain.set(0.5, { at: { frame: 7000 }, ramp: 0 })
  voice.gain.set(0.75, { at: { frame: 8000 } })
  isHeard(t, channel(await play(10_000), 0), (n) => {
    if (n < 100) return LOUD * 0.25
    if (n < 2000) return LOUD * ramp(0.25, 1, n - 100, 960)
    if (n < 6000) return LOUD * exponential(1, 0.1, n - 2000, 2400)
    if (n < 7000) return LOUD * 1.5
    if (n < 8000) return LOUD * 0.5
    return LOUD * ramp(0.5, 0.75, n - 8000, 240)
  }, ULP)
})

test('a new write starts from the value that sounds', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  track.play(await sample(flat(LOUD, 9000), flat(LOUD, 9000)), { at: 0 })
  track.volume.set(0, { at: { frame: 0 }, ramp: 0.1 })
  track.volume.set(1, { at: { frame: 1200 }, ramp: 0.01 })
  isHeard(t, channel(await play(3000), 0), (n) =>
    LOUD * (n < 1200 ? ramp(1, 0, n, 4800) : ramp(0.75, 1, n - 1200, 480)), ULP)
})

test('a fade-in can be written as a jump and a ramp, in one tick', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const long = await sample(flat(LOUD, 9000), flat(LOUD, 9000))
  track.play(long, { at: 0 })
  await play(256)
  for (const write of [(fn: () => void) => { fn() }, (fn: () => void) => engine.batch(fn)]) {
    write(() => {
      track.volume.set(0.9, { ramp: 0.5 })
      track.volume.set(0, { ramp: 0 })
      track.volume.set(0.3, { ramp: 0.2 })
      track.volume.set(1, { ramp: 0.02 })
    })
    const heard = channel(await play(2048), 0)
    isHeard(t, heard, (n) => LOUD * ramp(0, 1, n, 960), ULP)
  }
})

test('values given at creation, and sets that come with it, are immediate', async (t) => {
  const { engine, play, sample } = await stage(t)
  const long = await sample(flat(LOUD, 9000), flat(LOUD, 9000))
  const track = engine.createTrack({ volume: 0.5 })
  const voice = track.play(long, { gain: 0.5 })
  isHeard(t, channel(await play(300), 0), () => LOUD * 0.25)
  voice.stop({ fade: 0 })

  const other = engine.createTrack()
  other.volume.value = 0.5
  const second = other.play(long)
  second.gain.value = 0.25
  isHeard(t, channel(await play(300), 0), () => LOUD * 0.125)
})

test('a ramp that was asked for is kept, even on what was just created', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  track.volume.set(0, { ramp: 0.01 })
  track.play(await sample(flat(LOUD, 9000), flat(LOUD, 9000)))
  isHeard(t, channel(await play(1000), 0), (n) => LOUD * ramp(1, 0, n, 480), ULP)
})

test('a parameter tells its range, the last value set and the one that sounds', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  t.like(track.volume, { name: 'volume', min: 0, max: 4, default: 1, value: 1 })
  t.like(track.pan, { name: 'pan', min: -1, max: 1, default: 0, value: 0 })
  track.play(await sample(flat(LOUD, 9000)), { at: 0 })
  await play(256)
  track.volume.set(0, { ramp: 0.01 })
  t.is(track.volume.value, 0)
  t.is(track.volume.current, 1)
  await play(240)
  t.is(track.volume.current, 0.5)
  await play(240)
  t.is(track.volume.current, 0)
})
