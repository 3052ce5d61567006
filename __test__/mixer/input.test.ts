// Inputs: what a capture hears, heard on a track, as late as the input says.
import test, { type ExecutionContext } from 'ava'
import { Capture, type CaptureOptions, Engine, type EngineOptions, type NoxrunWarning, render } from '../../index'
import { type VirtualDevice, type VirtualDeviceOptions, createVirtualDevice } from '../../src/testing'
import { echoes } from '../support/echo'
import { noise } from '../support/signal'
import { FADE } from './stage-mixer'

const RATE = 48_000

interface Duplex {
  device: VirtualDevice
  engine: Engine
  capture: Capture
}

/** An engine and a capture of both channels on one device that is stepped by hand. */
async function duplex(
  t: ExecutionContext,
  deviceOptions: VirtualDeviceOptions = {},
  engineOptions: EngineOptions = {},
  captureOptions: CaptureOptions = {},
): Promise<Duplex> {
  const device = createVirtualDevice(deviceOptions)
  t.teardown(() => { device.close() })
  const engine = await Engine.open({ device: device.id, safetyLimiter: false, ...engineOptions })
  t.teardown(() => engine.close())
  const capture = await Capture.open({ device: device.id, channels: 2, ...captureOptions })
  t.teardown(() => capture.close())
  // Where nobody listens, warnings would go to the process.
  const ignore = (_warning: NoxrunWarning): void => undefined
  engine.on('warning', ignore)
  capture.on('warning', ignore)
  return { device, engine, capture }
}

/** Noise in both channels. */
function stereo(frames: number, seed: number): Float32Array[] {
  return [noise(frames, seed), noise(frames, seed + 1)]
}

async function play(device: VirtualDevice, channelData: Float32Array[], frames: number): Promise<Float32Array[]> {
  device.feed({ channelData, sampleRate: RATE })
  await device.step(frames)
  return device.output().channelData
}

/** The frames of a signal, later by so many, from silence on. */
function late(signal: Float32Array, frames: number, by: number): Float32Array {
  const out = new Float32Array(frames)
  out.set(signal.subarray(0, frames - by), by)
  return out
}

const BLOCKS: (number[] | undefined)[] = [undefined, [512], [1], [64, 511, 3, 17], [100]]
for (const blockSizes of BLOCKS) {
  const name = blockSizes ? `blocks of ${blockSizes.join(', ')}` : 'the blocks that were granted'
  test(`the input sounds exactly its latency later, bit for bit, in ${name}`, async (t) => {
    const frames = blockSizes?.[0] === 1 ? 3_000 : 20_000
    const { device, engine, capture } = await duplex(
      t,
      { bufferSize: 512, ...(blockSizes && { blockSizes }) },
      { bufferSize: 512 },
      { bufferSize: 512 },
    )
    const input = engine.createTrack().input(capture)
    const shift = Math.round(input.latency * RATE)
    t.is(input.latency, 512 / RATE, 'the latency is a block')
    const signal = stereo(frames, 1)
    const heard = await play(device, signal, frames)
    for (const [channel, lane] of signal.entries()) t.deepEqual(heard[channel], late(lane, frames, shift))
    t.is(Math.round(input.latency * RATE), shift)
    const stats = capture.stats()
    t.is(stats.readers.length, 1, 'the input is a reader')
    t.like(stats.readers[0], { received: 2 * frames, delivered: 2 * frames, dropped: 0, buffered: 0 })
    t.is(engine.stats().audioThread.allocations + stats.audioThread.allocations, 0)
  })
}

test('an input added after the capture ran for a while hears nothing of before', async (t) => {
  const { device, engine, capture } = await duplex(t)
  await play(device, stereo(5_000, 1), 5_000)
  const input = engine.createTrack().input(capture)
  const signal = stereo(5_000, 3)
  const heard = await play(device, signal, 5_000)
  const shift = Math.round(input.latency * RATE)
  t.deepEqual(heard[0], late(signal[0] ?? new Float32Array(), 5_000, shift))
})

test('the input goes through the effects and the fader, with a gain of its own', async (t) => {
  const { device, engine, capture } = await duplex(t)
  const track = engine.createTrack({ volume: 0.5 })
  track.fx.add('gain', { gainDb: 20 * Math.log10(0.25) })
  const input = track.input(capture, { gain: 2 })
  t.like(input.gain, { value: 2, min: 0, max: 4, default: 1, name: 'gain' })
  const signal = stereo(4_000, 1)
  const heard = await play(device, signal, 4_000)
  const expected = late(signal[1] ?? new Float32Array(), 4_000, Math.round(input.latency * RATE))
  expected.forEach((sample, n) => {
    if (Math.abs((heard[1]?.[n] ?? NaN) - sample * 0.25) > 1e-7) t.fail(`frame ${n}`)
  })
  t.is(input.gain.current, 2)
  input.gain.set(0.5, { at: { frame: 5_000 }, ramp: 0 })
  await device.step(1_000)
  device.output()
  const more = stereo(2_000, 5)
  const after = await play(device, more, 2_000)
  const shift = Math.round(input.latency * RATE)
  t.true(Math.abs((after[0]?.[1_000 + shift] ?? NaN) - (more[0]?.[1_000] ?? NaN) * 0.5 * 0.125) < 1e-7)
  t.is(input.gain.current, 0.5)
})

test('a mono capture enters both channels at √½', async (t) => {
  const { device, engine, capture } = await duplex(t, {}, {}, { channels: 1 })
  const input = engine.createTrack().input(capture)
  const signal = noise(3_000, 1)
  const heard = await play(device, [signal, signal], 3_000)
  const shift = Math.round(input.latency * RATE)
  for (const lane of heard) {
    for (let n = shift; n < 3_000; n++) {
      if (Math.abs((lane[n] ?? NaN) - Math.SQRT1_2 * (signal[n - shift] ?? NaN)) > 1e-7) t.fail(`frame ${n}`)
    }
  }
  t.pass()
})

test('remove() fades out over 10 ms, ends the reader and may be called again', async (t) => {
  const { device, engine, capture } = await duplex(t)
  const input = engine.createTrack().input(capture)
  const ones = new Float32Array(6_000).fill(0.5)
  await play(device, [ones, ones], 2_000)
  input.remove()
  input.remove()
  t.throws(() => { input.gain.set(1) }, { code: 'ERR_INVALID_STATE' })
  await device.step(2_000)
  const [heard] = device.output().channelData
  for (let k = 0; k < FADE; k++) {
    if (Math.abs((heard?.[k] ?? NaN) - 0.5 * (1 - (k + 1) / FADE)) > 1e-6) t.fail(`frame ${k} of the fade`)
  }
  t.true(heard?.subarray(FADE).every((sample) => sample === 0))
  t.is(capture.stats().readers.length, 0)
})

test('inputs go with their track, and end with their capture without an error', async (t) => {
  const { device, engine, capture } = await duplex(t)
  engine.on('error', (error) => t.fail(error.message))
  const other = engine.createTrack()
  const gone = other.input(capture)
  const track = engine.createTrack()
  const stays = track.input(capture)
  t.is(capture.stats().readers.length, 2)
  const ones = new Float32Array(10_000).fill(0.25)
  await play(device, [ones, ones], 2_000)
  other.remove()
  gone.remove()
  await device.step(2_000)
  device.output()
  t.is(capture.stats().readers.length, 1)
  t.throws(() => { gone.gain.set(1) }, { code: 'ERR_INVALID_STATE' })
  await capture.close()
  await device.step(2_000)
  const [heard = new Float32Array()] = device.output().channelData
  t.is(heard[0], 0.25)
  t.is(heard[1_999], 0, 'it is silent')
  let steps = 0
  for (let n = 1; n < heard.length; n++) steps = Math.max(steps, Math.abs((heard[n] ?? 0) - (heard[n - 1] ?? 0)))
  t.true(steps <= 0.25 / 240 + 1e-6, `it fades: ${steps}`)
  stays.remove()
  t.true(stays.latency > 0)
  t.throws(() => track.input(capture), { code: 'ERR_CLOSED' })
})

test('several inputs come from one capture and go to one track; a stopped reader changes nothing', async (t) => {
  const { device, engine, capture } = await duplex(t, {}, {}, { capacity: 2_000 })
  const stopped = capture.chunks()
  const [one, two] = [engine.createTrack(), engine.createTrack()]
  one.input(capture)
  one.input(capture, { gain: 0.5 })
  const input = two.input(capture, { gain: 0.25 })
  const signal = stereo(9_000, 7)
  const heard = await play(device, signal, 9_000)
  const expected = late(signal[0] ?? new Float32Array(), 9_000, Math.round(input.latency * RATE))
  expected.forEach((sample, n) => {
    if (Math.abs((heard[0]?.[n] ?? NaN) - 1.75 * sample) > 1e-6) t.fail(`frame ${n}`)
  })
  t.true(stopped.stats().dropped > 0, 'the other reader lost something')
  for (const { received, delivered, dropped, buffered } of capture.stats().readers) {
    t.is(received, delivered + dropped + buffered)
  }
  await stopped.return?.()
})

test('an engine that is closed leaves its captures', async (t) => {
  const { device, engine, capture } = await duplex(t)
  const input = engine.createTrack().input(capture)
  await device.step(1_000)
  t.is(capture.stats().readers.length, 1)
  await engine.close()
  t.is(capture.stats().readers.length, 0)
  t.throws(() => { input.remove() }, { code: 'ERR_CLOSED' })
  await device.step(1_000)
})

test('in a batch an input takes effect with the rest, or not at all', async (t) => {
  const { device, engine, capture } = await duplex(t)
  const track = engine.createTrack()
  const boom = new Error('boom')
  let undone: ReturnType<typeof track.input> | undefined
  t.throws(() => engine.batch(() => {
    undone = track.input(capture)
    throw boom
  }), { is: boom })
  t.throws(() => { undone?.gain.set(1) }, { code: 'ERR_INVALID_STATE' })
  await device.step(100)
  device.output()
  t.is(capture.stats().readers.length, 0)
  const input = engine.batch(() => {
    const made = track.input(capture, { gain: 4 })
    made.gain.set(1, { ramp: 0 })
    track.volume.set(0.5, { ramp: 0 })
    return made
  }, { frame: 3_333 })
  const signal = stereo(8_000, 9)
  const [heard = new Float32Array()] = await play(device, signal, 8_000)
  const begins = 3_333 - 100
  t.true(heard.subarray(0, begins).every((sample) => sample === 0))
  const shift = Math.round(input.latency * RATE)
  for (let n = begins + FADE; n < 8_000; n++) {
    if (Math.abs((heard[n] ?? NaN) - 0.5 * (signal[0]?.[n - shift] ?? NaN)) > 1e-7) t.fail(`frame ${n}`)
  }
})

test('a paused capture fades out and in again, as late as before', async (t) => {
  const { device, engine, capture } = await duplex(t)
  const input = engine.createTrack().input(capture)
  const before = input.latency
  const ones = new Float32Array(60_000).fill(0.5)
  await play(device, [ones, ones], 2_000)
  capture.pause()
  await device.step(20_000)
  const paused = device.output().channelData[0] ?? new Float32Array()
  t.true(paused.subarray(2_000).every((sample) => sample === 0))
  capture.resume()
  await device.step(5_000)
  const [heard = new Float32Array()] = device.output().channelData
  t.is(heard.at(-1), 0.5)
  t.is(input.latency, before)
  for (const lane of [paused, heard]) {
    for (let n = 1; n < lane.length; n++) {
      if (Math.abs((lane[n] ?? 0) - (lane[n - 1] ?? 0)) > 0.02) t.fail(`a step at ${n}`)
    }
  }
})

test('pauses of any length, with a pre-roll or without, leave the latency as it was', async (t) => {
  for (const preRoll of [0, 0.05, 1]) {
    const { device, engine, capture } = await duplex(t, {}, {}, { preRoll })
    const input = engine.createTrack().input(capture)
    const before = input.latency
    const ones = new Float32Array(400_000).fill(0.5)
    await play(device, [ones, ones], 2_000)
    // From a block to beyond the fifth of a second that a paused capture used to need.
    for (const pause of [100, 250, 700, 2_000, 4_800, 9_500, 12_000]) {
      capture.pause()
      await device.step(pause)
      capture.resume()
      await device.step(5_000)
      const [heard = new Float32Array()] = device.output().channelData
      t.is(input.latency, before, `pre-roll ${preRoll} s, a pause of ${pause} frames`)
      t.is(heard.at(-1), 0.5)
      for (let n = 1; n < heard.length; n++) {
        if (Math.abs((heard[n] ?? 0) - (heard[n - 1] ?? 0)) > 0.02) t.fail(`a step at ${n}`)
      }
    }
  }
})

test('a capture at another rate is converted', async (t) => {
  const { device, engine, capture } = await duplex(t, {}, {}, { sampleRate: 16_000, channels: 1 })
  const input = engine.createTrack().input(capture)
  const tone = Float32Array.from({ length: 24_000 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 440 * n) / RATE))
  const [heard = new Float32Array()] = await play(device, [tone, tone], 24_000)
  // The amplitude and the phase by correlation over a whole number of periods (12 of them are 1,309.09 frames: 11 × 1,200).
  const period = 1_200
  let [cos, sin] = [0, 0]
  for (let n = 12_000; n < 12_000 + 5 * period; n++) {
    cos += (heard[n] ?? 0) * Math.cos((2 * Math.PI * 440 * n) / RATE)
    sin += (heard[n] ?? 0) * Math.sin((2 * Math.PI * 440 * n) / RATE)
  }
  const amplitude = (2 * Math.hypot(cos, sin)) / (5 * period)
  t.true(Math.abs(amplitude - 0.5 * Math.SQRT1_2) < 1e-3, `${amplitude}`)
  t.true(input.latency > 256 / RATE && input.latency < 0.03, `${input.latency}`)
})

test('what is no open capture of this thread is refused, and changes nothing', async (t) => {
  const { device, engine, capture } = await duplex(t)
  const track = engine.createTrack()
  for (const wrong of [undefined, null, 1, 'virtual', {}, engine, Object.create(Capture.prototype)]) {
    t.throws(() => track.input(wrong as Capture), { code: 'ERR_INVALID_ARG', message: /capture must be a Capture/ })
  }
  t.throws(() => track.input(capture, { volume: 1 } as object), { code: 'ERR_INVALID_ARG' })
  t.throws(() => track.input(capture, { gain: NaN }), { code: 'ERR_INVALID_ARG' })
  t.throws(() => track.input(capture, { gain: 4.1 }), { code: 'ERR_OUT_OF_RANGE' })
  t.throws(() => track.input(capture, { gain: -1 }), { code: 'ERR_OUT_OF_RANGE' })
  t.is(capture.stats().readers.length, 0)
  const removed = engine.createTrack()
  removed.remove()
  t.throws(() => removed.input(capture), { code: 'ERR_INVALID_STATE' })
  await t.throwsAsync(render({ duration: 0.1 }, (offline) => { offline.createTrack().input(capture) }), { code: 'ERR_INVALID_STATE' })
  await device.step(100)
  t.is(capture.stats().readers.length, 0)
})

test('on the shared device an echo comes after the latency that the input states', async (t) => {
  const engine = await Engine.open({ device: 'virtual', safetyLimiter: false })
  t.teardown(() => engine.close())
  const capture = await Capture.open({ device: 'virtual', channels: 2 })
  t.teardown(() => capture.close())
  for (const emitter of [engine, capture]) emitter.on('warning', () => undefined)
  const found = await echoes(engine, capture)
  t.true(found.length > 0, 'echoes came back whole')
  // What is stated is a mean of what was measured; the tolerance is a block.
  const [last = { after: NaN, stated: NaN }] = found.slice(-1)
  t.true(Math.abs(last.after - last.stated) <= 256 / RATE, `echo after ${last.after} s, stated ${last.stated} s`)
})
