// Meters: the shared one of the last 100 ms, and meters of one's own that tell since their last read.
import test, { type ExecutionContext } from 'ava'
import type { Meter } from '../../index'
import { channel, flat, ramp, stage, throwsCode } from '../playback/stage'
import { noise } from '../support/signal'
import { GATE, playing } from './stage-mixer'

const SILENCE: Meter = { peak: [0, 0], rms: [0, 0] }

/** Peak and RMS of what was heard, straight from their definitions. */
function levels(heard: Float32Array[]): Meter {
  const peak = heard.map((lane) => lane.reduce((top, x) => Math.max(top, Math.abs(x)), 0))
  const rms = heard.map((lane) => Math.sqrt(lane.reduce((sum, x) => sum + x * x, 0) / lane.length))
  return { peak, rms }
}

/** The peak to the bit, the root of a mean to the rounding of an f32. */
function reads(t: ExecutionContext, meter: Meter, expected: Meter, what = ''): void {
  t.deepEqual(meter.peak, expected.peak, what)
  t.is(meter.rms.length, expected.rms.length)
  for (const [index, rms] of expected.rms.entries()) {
    const got = meter.rms[index] ?? NaN
    t.true(Math.abs(got - rms) <= 2 ** -23 * rms, `${what}: RMS ${got}, expected ${rms}`)
  }
}

test('a meter of one\'s own reads the peak and the RMS since its last read, whatever the stretch', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  track.play(await sample(noise(20_000, 1), noise(20_000, 2).map((x) => x / 3)), { at: 0 })
  const meter = track.createMeter()
  for (const frames of [100, 1, 256, 4800, 13, 7000, 480]) {
    const heard = await play(frames)
    reads(t, meter.read(), levels(heard), `${frames} frames`)
  }
})

test('reading twice at one frame reads silence the second time', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 9000))
  const meter = track.createMeter()
  t.deepEqual(meter.read(), SILENCE)
  await play(300)
  t.deepEqual(meter.read(), { peak: [0.5, 0.5], rms: [0.5, 0.5] })
  t.deepEqual(meter.read(), SILENCE)
})

test('meters do not disturb each other, and meter() changes nothing', async (t) => {
  const { track, play } = await playing(t, noise(9000, 3))
  const [often, seldom] = [track.createMeter(), track.createMeter()]
  const whole: number[] = []
  for (let i = 0; i < 20; i++) {
    const heard = await play(100)
    whole.push(...channel(heard, 0))
    t.deepEqual(track.meter(), track.meter())
    reads(t, often.read(), levels(heard))
  }
  const all = Float32Array.from(whole)
  reads(t, seldom.read(), levels([all, all]))
})

test('a meter counts from its making', async (t) => {
  const { track, play, voice } = await playing(t, flat(0.5, 20_000))
  await play(3000)
  voice.gain.set(0.25, { ramp: 0 })
  const meter = track.createMeter()
  await play(1000)
  t.deepEqual(meter.read(), { peak: [0.125, 0.125], rms: [0.125, 0.125] })
})

test('meters stand after effects, fader, pan and mute', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 50_000), { safetyLimiter: false })
  track.fx.add('gain', { gainDb: 20 * Math.log10(2) })
  track.volume.value = 0.25
  const meter = track.createMeter()
  await play(500)
  t.deepEqual(meter.read(), { peak: [0.25, 0.25], rms: [0.25, 0.25] })
  track.pan.set(1, { ramp: 0 })
  await play(500)
  const { peak: [left, right = 0] } = meter.read()
  t.true((left ?? 1) < 1e-16)
  t.true(Math.abs(right - 0.25 * Math.SQRT2) < 1e-7)
  track.muted = true
  await play(GATE)
  meter.read()
  await play(5760)
  t.deepEqual(meter.read(), SILENCE)
  t.deepEqual(track.meter(), SILENCE)
  t.deepEqual(engine.master.meter(), SILENCE)
})

test('a meter sees every frame of a ramp', async (t) => {
  const { track, play } = await playing(t, flat(1, 9000), { safetyLimiter: false })
  await play(256)
  track.volume.set(4, { ramp: 0.01 })
  track.volume.set(1, { at: { frame: 256 + 480 }, ramp: 0.01 })
  const meter = track.createMeter()
  const heard = await play(960)
  t.deepEqual(meter.read().peak, [4, 4])
  t.is(channel(heard, 0)[100], Math.fround(ramp(1, 4, 100, 480)))
})

test('a bus reads the sum of what it is fed, the master before the safety stage', async (t) => {
  const { engine, track, play, sample } = await playing(t, flat(0.75, 9000))
  const bus = engine.createTrack({ volume: 2 })
  track.output = bus
  track.send(engine.master, 0.5)
  bus.play(await sample(flat(-0.25, 9000), flat(0.25, 9000)), { at: 0 })
  const meters = [track, bus, engine.master].map((one) => one.createMeter())
  const heard = await play(1000)
  t.deepEqual(meters.map((one) => one.read().peak), [[0.75, 0.75], [1, 2], [1.375, 2.375]])
  t.true((channel(heard, 1)[500] ?? 2) <= 1)
  t.deepEqual(engine.master.meter().peak, [1.375, 2.375])
})

test('the shared meter remembers 100 ms and at most the 10 ms of the newest figure more', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 4800))
  await play(4800)
  t.deepEqual(track.meter(), { peak: [0.5, 0.5], rms: [0.5, 0.5] })
  await play(4800 - 48)
  t.deepEqual(track.meter().peak, [0.5, 0.5])
  await play(480 + 48)
  t.deepEqual(track.meter(), SILENCE)
})

test('a meter has a figure for each channel of the engine', async (t) => {
  for (const channels of [1, 4]) {
    const { engine, play, sample } = await stage(t, { channels }, { channels })
    const track = engine.createTrack()
    const lanes = Array.from({ length: channels }, (_, c) => flat((c + 1) / 8, 5000))
    const meter = track.createMeter()
    track.play(await sample(...lanes), { at: 0 })
    await play(5000)
    const expected = lanes.map((_, c) => (c + 1) / 8)
    for (const levels of [meter.read(), track.meter(), engine.master.meter()]) {
      t.deepEqual(levels, { peak: expected, rms: expected })
    }
  }
})

test('closed meters give their places back', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 9000))
  for (let i = 0; i < 1000; i++) track.createMeter().close()
  const meter = track.createMeter()
  await play(100)
  t.deepEqual(meter.read().peak, [0.5, 0.5])
  meter.close()
  meter.close()
  throwsCode(t, () => meter.read(), 'ERR_INVALID_STATE', ['meter'])
})

test('the meters of a removed track give their places back, whether they are held or not', async (t) => {
  const { engine, play } = await stage(t)
  const held = []
  for (let round = 0; round < 40; round++) {
    // Far more than there is room for at one time.
    const tracks = Array.from({ length: 10 }, () => engine.createTrack())
    for (const track of tracks) held.push(track.createMeter(), track.createMeter(), track.createMeter())
    if (round % 2 === 0) engine.batch(() => { for (const track of tracks) track.remove() })
    else for (const track of tracks) track.remove()
    await play(600)
  }
  t.is(held.length, 1200)
})

test('a batch of removals that comes to nothing leaves the meters open', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 9000))
  const meter = track.createMeter()
  t.throws(() => engine.batch(() => {
    track.remove()
    throw new Error('no')
  }), { message: 'no' })
  await play(100)
  t.deepEqual(meter.read().peak, [0.5, 0.5])
})

test('a meter of a removed track answers ERR_INVALID_STATE, of a closed engine ERR_CLOSED', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 9000))
  const [ofTrack, ofMaster] = [track.createMeter(), engine.master.createMeter()]
  await play(256)
  track.remove()
  throwsCode(t, () => track.meter(), 'ERR_INVALID_STATE', ['track'])
  throwsCode(t, () => track.createMeter(), 'ERR_INVALID_STATE', ['track'])
  throwsCode(t, () => ofTrack.read(), 'ERR_INVALID_STATE', ['track'])
  ofTrack.close()
  await play(1000)
  t.deepEqual(ofMaster.read().peak, [0.5, 0.5])
  await engine.close()
  throwsCode(t, () => ofMaster.read(), 'ERR_CLOSED', ['engine'])
  ofMaster.close()
})

test('a meter made in a batch begins with it; one of a batch that comes to nothing is closed', async (t) => {
  const { engine, play, sample } = await stage(t)
  const sound = await sample(flat(0.5, 9000), flat(0.5, 9000))
  const meter = engine.batch(() => {
    const track = engine.createTrack()
    track.play(sound)
    return track.createMeter()
  })
  t.deepEqual(meter.read(), SILENCE)
  await play(500)
  t.deepEqual(meter.read().peak, [0.5, 0.5])
  let undone: ReturnType<typeof engine.master.createMeter> | undefined
  t.throws(() => engine.batch(() => {
    undone = engine.master.createMeter()
    throw new Error('from inside')
  }))
  throwsCode(t, () => undone?.read(), 'ERR_INVALID_STATE', ['meter'])
})
