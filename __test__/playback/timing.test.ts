// When things happen: on the sample, whatever the block size.
import test from 'ava'
import { noise } from '../support/signal'
import { RATE, channel, flat, isHeard, isSame, onset, stage } from './stage'

test('a sound starts on the frame it was asked for', async (t) => {
  for (const frame of [0, 1, 255, 256, 257, 1000]) {
    const { engine, play, sample } = await stage(t)
    const left = noise(700, 1)
    const right = noise(700, 2)
    const voice = engine.createTrack().play(await sample(left, right), { at: { frame } })
    const heard = await play(2000)
    for (const [index, signal] of [left, right].entries()) {
      isHeard(t, channel(heard, index), (n) => signal[n - frame] ?? 0)
    }
    t.is(await voice.startedAt, frame)
    t.deepEqual(await voice.ended, { frame: frame + 700, reason: 'finished' })
  }
})

test('a time in seconds is the nearest frame', async (t) => {
  for (const seconds of [0, 0.0123456, 100.5 / RATE, 100.499 / RATE, 1 / 3 / 100]) {
    const { engine, play, sample } = await stage(t)
    const voice = engine.createTrack().play(await sample(flat(0.5, 10)), { at: seconds })
    await play(1000)
    t.is(await voice.startedAt, Math.round(seconds * RATE))
  }
})

test('without a time a sound starts with the next block', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const click = await sample(flat(0.5, 1))
  await play(100)
  track.play(click)
  t.is(onset(channel(await play(1000), 0)), 0)
  const voice = track.play(click)
  await play(1)
  t.is(await voice.startedAt, 1100)
})

test('a time in the past is now, from the beginning, and counted late', async (t) => {
  const { engine, play, sample } = await stage(t)
  const late: unknown[] = []
  engine.on('warning', (warning) => late.push(warning))
  await play(1000)
  const signal = noise(300, 3)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: { frame: 10 } })
  const heard = channel(await play(500), 0)
  isHeard(t, heard, (n) => signal[n] ?? 0)
  t.is(await voice.startedAt, 1000)
  t.is(engine.stats().lateEvents, 1)
  t.like(late, [{ code: 'LATE_EVENT', by: 990 }])
  t.is(late.length, 1)
})

test('an event on the very next frame is not late', async (t) => {
  const { engine, play, sample } = await stage(t)
  await play(777)
  engine.createTrack().play(await sample(flat(0.5, 1)), { at: { frame: 777 } })
  t.is(onset(channel(await play(10), 0)), 0)
  t.is(engine.stats().lateEvents, 0)
})

test('a stop cuts on its frame', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(0.5, 9000), flat(0.5, 9000)), { at: 0 })
  voice.stop({ at: { frame: 1234 }, fade: 0 })
  isHeard(t, channel(await play(3000), 0), (n) => (n < 1234 ? 0.5 : 0))
  t.deepEqual(await voice.ended, { frame: 1234, reason: 'stopped' })
})

test('calls for one frame take effect in the order of the calls', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  track.play(await sample(flat(0.5, 1000), flat(0.5, 1000)), { at: 0 })
  const at = { frame: 100 }
  track.volume.set(0.25, { at, ramp: 0 })
  track.volume.set(0.75, { at, ramp: 0 })
  isHeard(t, channel(await play(500), 0), (n) => (n < 100 ? 0.5 : 0.375))
})

test('events far beyond the horizon arrive on their frame', async (t) => {
  const { engine, play, sample } = await stage(t)
  const click = await sample(flat(0.5, 1), flat(0.5, 1))
  const track = engine.createTrack()
  const frames = [3 * RATE + 17, RATE - 1, 2 * RATE + 5]
  for (const frame of frames) track.play(click, { at: { frame } })
  const heard = channel(await play(4 * RATE), 0)
  const found = [...heard.keys()].filter((n) => heard[n] !== 0)
  t.deepEqual(found, frames.toSorted((a, b) => a - b))
  t.is(engine.stats().lateEvents, 0)
})

test('blocks longer than the horizon find their events in time', async (t) => {
  const { engine, play, sample } = await stage(t, {}, { blockSizes: [65_536] })
  const click = await sample(flat(0.5, 1), flat(0.5, 1))
  engine.createTrack().play(click, { at: { frame: 65_000 } })
  t.is(onset(channel(await play(65_536), 0)), 65_000)
})

test('engine time is exactly what was stepped', async (t) => {
  const { engine, play } = await stage(t)
  t.is(engine.currentFrame, 0)
  let total = 0
  for (const frames of [0, 1, 255, 256, 1000]) {
    await play(frames)
    total += frames
    t.is(engine.currentFrame, total)
    t.is(engine.currentTime, total / RATE)
    t.is(engine.stats().frames, total)
  }
})

test('steps that overlap run one after another', async (t) => {
  const { engine, device } = await stage(t)
  await Promise.all([device.step(100), device.step(200), device.step(300)])
  t.is(engine.currentFrame, 600)
  t.is(channel(device.output().channelData, 0).length, 600)
})

test('the block size never changes the output', async (t) => {
  const render = async (blockSizes: number[]): Promise<Float32Array[]> => {
    const { engine, play, sample } = await stage(t, {}, { blockSizes })
    const stereo = await sample(noise(3000, 4), noise(3000, 5))
    const mono = await sample(noise(2500, 6))
    const [a, b] = [engine.createTrack({ volume: 0.4 }), engine.createTrack({ pan: -0.3, volume: 0.4 })]
    const frames = (frame: number): { at: { frame: number } } => ({ at: { frame } })
    const first = a.play(stereo, { ...frames(3), gain: 0.8 })
    const second = b.play(mono, frames(500))
    first.gain.set(0.2, { ...frames(700), ramp: 0.02 })
    first.gain.set(0.9, { ...frames(1100), ramp: 0.003, curve: 'exponential' })
    b.pan.set(0.9, { ...frames(900), ramp: 0.03 })
    second.pause(frames(1300))
    second.resume(frames(1501))
    second.stop(frames(2600))
    engine.batch(() => {
      a.muted = true
      b.volume.value = 0.7
    }, { frame: 2001 })
    a.stop({ ...frames(2900), fade: 0.001 })
    engine.master.volume.set(0.5, { ...frames(1999), ramp: 0.04 })
    b.play(stereo, frames(4095))
    return play(8192)
  }
  const expected = await render([256])
  t.true(onset(channel(expected, 0)) >= 0)
  for (const sizes of [[1], [2, 3, 5], [64], [255, 1], [257], [1000, 24], [4096]]) {
    const heard = await render(sizes)
    for (const [index, one] of expected.entries()) isSame(t, channel(heard, index), one)
  }
})
