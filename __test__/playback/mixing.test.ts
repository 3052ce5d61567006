// The strip: how voices become a bus, and buses the output.
import test from 'ava'
import type { Track } from '../../index'
import { noise } from '../support/signal'
import { ULP, channel, flat, isHeard, isSame, ramp, stage } from './stage'

/** −0.1 dBFS, and what the safety stage makes of what is above. */
const T = 10 ** (-0.1 / 20)
const limited = (x: number): number =>
  Math.abs(x) <= T ? x : Math.sign(x) * (T + (1 - T) * Math.tanh((Math.abs(x) - T) / (1 - T)))

test('a stereo sound at unity passes bit for bit', async (t) => {
  const { engine, play, sample } = await stage(t)
  const left = noise(4000, 1)
  const right = noise(4000, 2)
  left.set([0, 2e-38, -2e-38, 2 ** -24, T - 1e-7, 1e-7 - T])
  engine.createTrack().play(await sample(left, right), { at: 0 })
  const heard = await play(4000)
  isSame(t, channel(heard, 0), left)
  isSame(t, channel(heard, 1), right)
})

test('a mono sound enters both channels at the root of a half', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(1000, 3)
  engine.createTrack().play(await sample(signal), { at: 0 })
  const heard = await play(1000)
  isHeard(t, channel(heard, 0), (n) => (signal[n] ?? 0) * Math.SQRT1_2, ULP)
  isSame(t, channel(heard, 0), channel(heard, 1))
})

test('pan follows the law, and hard left gives a mono sound unity', async (t) => {
  for (const pan of [-1, -0.7, -0.25, 0, 0.1, 0.5, 1]) {
    const { engine, play, sample } = await stage(t, { safetyLimiter: false })
    const [left, right, mono] = [noise(500, 4), noise(500, 5), noise(500, 6)]
    const track = engine.createTrack({ pan })
    track.play(await sample(left, right), { at: 0 })
    track.play(await sample(mono), { at: { frame: 500 } })
    const heard = await play(1000)
    const angle = ((pan + 1) * Math.PI) / 4
    const gains = [Math.SQRT2 * Math.cos(angle), Math.SQRT2 * Math.sin(angle)]
    for (const [index, source] of [left, right].entries()) {
      const gain = gains[index] ?? 0
      isHeard(t, channel(heard, index), (n) => (source[n] ?? 0) * gain, 2 * ULP, 0, 500)
      isHeard(t, channel(heard, index), (n) => (mono[n - 500] ?? 0) * Math.SQRT1_2 * gain, 2 * ULP, 500)
    }
  }
})

test('pan moves by the law of each frame', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  track.play(await sample(flat(0.5, 5000), flat(0.5, 5000)), { at: 0 })
  track.pan.set(1, { at: { frame: 1000 }, ramp: 0.01 })
  const pan = (n: number): number => (n < 1000 ? 0 : ramp(0, 1, n - 1000, 480))
  const angle = (n: number): number => ((pan(n) + 1) * Math.PI) / 4
  const heard = await play(3000)
  isHeard(t, channel(heard, 0), (n) => 0.5 * Math.SQRT2 * Math.cos(angle(n)), ULP)
  isHeard(t, channel(heard, 1), (n) => 0.5 * Math.SQRT2 * Math.sin(angle(n)), ULP)
})

test('tracks add up plainly, gains multiply', async (t) => {
  const { engine, play, sample } = await stage(t)
  const [a, b] = [noise(800, 7), noise(800, 8)]
  engine.createTrack({ volume: 0.5 }).play(await sample(a, a), { at: 0, gain: 0.5 })
  engine.createTrack({ volume: 0.25 }).play(await sample(b, b), { at: 0 })
  const heard = channel(await play(800), 1)
  isHeard(t, heard, (n) => Math.fround((a[n] ?? 0) * 0.25) + Math.fround((b[n] ?? 0) * 0.25))
})

test('the master takes volume, pan and mute after all tracks', async (t) => {
  const { engine, play, sample } = await stage(t)
  t.is(engine.master.volume.value, 1)
  engine.createTrack().play(await sample(flat(0.5, 20_000), flat(0.5, 20_000)), { at: 0 })
  engine.master.volume.set(0.5, { at: { frame: 1000 }, ramp: 0 })
  engine.master.pan.set(-1, { at: { frame: 2000 }, ramp: 0 })
  const heard = await play(3000)
  const pan = (n: number, left: number, right: number, of: number): number =>
    n < 1000 ? 0.5 : n < 2000 ? 0.25 : 0.25 * (of === 0 ? left : right)
  isHeard(t, channel(heard, 0), (n) => pan(n, Math.SQRT2, 0, 0), ULP)
  isHeard(t, channel(heard, 1), (n) => pan(n, Math.SQRT2, 0, 1), ULP)
  engine.master.muted = true
  const muted = channel(await play(1000), 0)
  isHeard(t, muted, () => 0, 0, 240)
})

test('mute and unmute cross over 5 ms', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  track.play(await sample(flat(0.5, 20_000), flat(0.5, 20_000)), { at: 0 })
  await play(256)
  track.muted = true
  t.true(track.muted)
  isHeard(t, channel(await play(512), 0), (n) => 0.5 * ramp(1, 0, n, 240), ULP)
  track.muted = false
  isHeard(t, channel(await play(512), 0), (n) => 0.5 * ramp(0, 1, n, 240), ULP)
})

test('solo silences the tracks that are not soloed, and mute is stronger', async (t) => {
  const { engine, play, sample } = await stage(t)
  const tracks = [0, 1, 2].map(() => engine.createTrack())
  const [first, second, third] = tracks
  if (!first || !second || !third) throw new Error('three tracks')
  for (const [index, track] of tracks.entries()) {
    track.play(await sample(flat(0.125 * 2 ** index, 50_000), flat(0, 50_000)), { at: 0 })
  }
  const settled = async (): Promise<number> => channel(await play(512), 0)[511] ?? NaN
  t.is(await settled(), 0.875)
  first.soloed = true
  isHeard(t, channel(await play(512), 0), (n) => 0.125 + 0.75 * ramp(1, 0, n, 240), ULP)
  third.soloed = true
  t.is(await settled(), 0.625)
  third.muted = true
  t.is(await settled(), 0.125)
  first.soloed = false
  t.is(await settled(), 0)
  third.muted = false
  t.is(await settled(), 0.5)
  third.soloed = false
  t.is(await settled(), 0.875)
  engine.master.soloed = true
  t.is(await settled(), 0.875)
})

test('a track made while another is soloed is silent until the solo ends', async (t) => {
  const { engine, play, sample } = await stage(t)
  const solo = engine.createTrack()
  solo.soloed = true
  engine.createTrack().play(await sample(flat(0.5, 5000), flat(0.5, 5000)), { at: 0 })
  isHeard(t, channel(await play(1000), 0), () => 0)
  solo.soloed = false
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 * ramp(0, 1, n, 240), ULP)
})

test('a mono engine takes the average and ignores pan', async (t) => {
  const { engine, play, sample } = await stage(t, { channels: 1 }, { channels: 1 })
  const [left, right] = [noise(600, 9), noise(600, 10)]
  const track = engine.createTrack({ pan: -1 })
  track.play(await sample(left, right), { at: 0 })
  track.play(await sample(left), { at: { frame: 600 } })
  const heard = channel(await play(1200), 0)
  isHeard(t, heard, (n) => ((left[n] ?? 0) + (right[n] ?? 0)) / 2, ULP, 0, 600)
  isHeard(t, heard, (n) => left[n - 600] ?? 0, 0, 600)
})

test('beyond two channels each source channel keeps its own; pan and mono take the first two', async (t) => {
  const { engine, play, sample } = await stage(t, { channels: 4 }, { channels: 4 })
  const signals = [11, 12, 13, 14].map((seed) => noise(400, seed))
  const track = engine.createTrack()
  track.play(await sample(...signals), { at: 0 })
  track.play(await sample(flat(0.5, 400)), { at: { frame: 400 } })
  track.pan.set(-1, { at: { frame: 400 }, ramp: 0 })
  const heard = await play(800)
  t.is(heard.length, 4)
  for (const [index, signal] of signals.entries()) {
    const after = index === 0 ? 0.5 : 0
    isHeard(t, channel(heard, index), (n) => (n < 400 ? (signal[n] ?? 0) : after), ULP)
  }
})

test('the safety stage is transparent up to its threshold and follows its formula above', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = Float32Array.from({ length: 8001 }, (_, n) => (n - 4000) / 1000)
  engine.createTrack().play(await sample(signal, signal), { at: 0 })
  const heard = channel(await play(8001), 0)
  isHeard(t, heard, (n) => limited(signal[n] ?? 0), 2 ** -24)
  for (const [n, x] of signal.entries()) if (Math.abs(x) <= T) t.is(heard[n], x)
  t.true(heard.every((x) => Math.abs(x) <= 1))
})

test('safetyLimiter: false lets everything out as it is', async (t) => {
  const { engine, play, sample } = await stage(t, { safetyLimiter: false })
  const signal = Float32Array.from({ length: 1000 }, (_, n) => (n - 500) / 100)
  engine.createTrack().play(await sample(signal, signal), { at: 0 })
  isSame(t, channel(await play(1000), 0), signal)
})

test('a sample that is not finite silences its track, with a warning, and no other', async (t) => {
  const { engine, play, sample } = await stage(t)
  const broken = flat(0.25, 4000)
  broken[700] = NaN
  engine.createTrack({ name: 'broken' }).play(await sample(broken, broken), { at: 0 })
  engine.createTrack().play(await sample(flat(0.5, 4000), flat(0.5, 4000)), { at: 0 })
  isHeard(t, channel(await play(2000), 0), (n) => (n < 700 ? 0.75 : 0.5))
  t.like(engine.warnings, [{ code: 'NON_FINITE', track: 'broken' }])
})

test('a track that such a sample has silenced is opened by writing muted or soloed, changed or not', async (t) => {
  for (const open of [
    (track: Track) => (track.muted = false),
    (track: Track) => (track.soloed = false),
    (track: Track) => (track.soloed = true),
  ]) {
    const { engine, play, sample } = await stage(t)
    const track = engine.createTrack()
    track.play(await sample(Float32Array.of(0.5, NaN, 0.5), Float32Array.of(0.5, NaN, 0.5)), { at: 0 })
    const sound = await sample(flat(0.5, 9000), flat(0.5, 9000))
    await play(500)
    track.play(sound)
    isHeard(t, channel(await play(500), 0), () => 0)
    open(track)
    // Over 5 ms, which are 240 frames.
    isHeard(t, channel(await play(1000), 0).subarray(240), () => 0.5)
  }
})

test('a meter shows peak and RMS of the last 100 ms, after the fader', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack({ volume: 0.5 })
  const sine = Float32Array.from({ length: 48_000 }, (_, n) => 0.8 * Math.sin((2 * Math.PI * 100 * n) / 48_000))
  t.deepEqual(track.meter(), { peak: [0, 0], rms: [0, 0] })
  const voice = track.play(await sample(sine, flat(-0.5, 48_000)), { at: 0 })
  await play(9600)
  for (const meter of [track.meter(), engine.master.meter(), track.meter()]) {
    t.true(Math.abs((meter.peak[0] ?? 0) - 0.4) < 1e-4)
    t.true(Math.abs((meter.rms[0] ?? 0) - 0.4 * Math.SQRT1_2) < 1e-2)
    t.is(meter.peak[1], 0.25)
    t.true(Math.abs((meter.rms[1] ?? 0) - 0.25) < 1e-6)
  }
  track.volume.set(0.25, { ramp: 0 })
  await play(6000)
  t.is(track.meter().peak[1], 0.125)
  voice.stop({ fade: 0 })
  await play(6000)
  t.deepEqual(track.meter(), { peak: [0, 0], rms: [0, 0] })
})
