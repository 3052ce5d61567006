// Playback at any speed: how long it lasts, how high it sounds, and what must not be heard.
import test from 'ava'
import { noise } from '../support/signal'
import { RATE, channel, flat, isHeard, isSame, ramp, stage } from '../playback/stage'
import { beatFrames } from './clicks'

/** What interpolation may be off by: −80 dB. */
const CLOSE = 1e-4

const sine = (frames: number, hertz: number, phase = 0): Float32Array =>
  Float32Array.from({ length: frames }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hertz * n) / RATE + phase))

function rms(signal: Float32Array): number {
  return Math.sqrt(signal.reduce((sum, x) => sum + x * x, 0) / signal.length)
}

/** The frequency of a sine, by its first and last rising zero crossing. */
function frequencyOf(signal: Float32Array): number {
  const crossings: number[] = []
  for (let n = 1; n < signal.length; n++) {
    const [before, after] = [signal[n - 1] ?? 0, signal[n] ?? 0]
    if (before < 0 && after >= 0) crossings.push(n - after / (after - before))
  }
  return ((crossings.length - 1) * RATE) / ((crossings.at(-1) ?? 0) - (crossings[0] ?? 0))
}

test('a voice lasts as long as its frames take at its speed', async (t) => {
  for (const rate of [0.0625, 0.1, 0.5, 0.75, 0.999, 1, 1.001, 1.5, 2, 3.7, 16]) {
    const { engine, play, sample } = await stage(t)
    const voice = engine.createTrack().play(await sample(flat(0.5, 3000)), { at: { frame: 100 }, rate })
    await play(60_000)
    const { frame, reason } = await voice.ended
    t.is(reason, 'finished')
    t.is(frame, 100 + Math.ceil(3000 / rate), `at ${rate}`)
  }
})

test('offset and duration are of the sample, not of the time that they take', async (t) => {
  const { engine, play, sample } = await stage(t)
  const sound = await sample(sine(48_000, 500))
  const voice = engine.createTrack().play(sound, { at: 0, rate: 0.5, offset: 0.25, duration: 0.5 })
  await play(24_000)
  t.is(voice.position, 0.5)
  await play(30_000)
  t.deepEqual(await voice.ended, { frame: 48_000, reason: 'finished' })
})

test('speed 1 is the sample, bit for bit, from the frame on at which it comes back to 1', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(20_000, 1)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: 0, rate: 1 })
  voice.rate.set(2, { at: { frame: 1000 }, ramp: 0 })
  voice.rate.set(1, { at: { frame: 3000 }, ramp: 0 })
  const heard = channel(await play(10_000), 0)
  isHeard(t, heard, (n) => signal[n] ?? 0, 0, 0, 1000)
  isHeard(t, heard, (n) => signal[n + 2000] ?? 0, 0, 3000)
})

test('the pitch follows the speed: zero crossings and waveform', async (t) => {
  for (const [hertz, rate] of [[1000, 0.5], [1000, 2], [440, 1.4983], [997, 0.3331], [3000, 4], [6000, 0.0625]] as const) {
    const { engine, play, sample } = await stage(t)
    const signal = sine(48_000, hertz)
    engine.createTrack().play(await sample(signal, signal), { at: 0, rate })
    const heard = channel(await play(16_000), 0)
    const end = Math.min(16_000, Math.floor(48_000 / rate)) - 1500
    const found = frequencyOf(heard.subarray(1500, end))
    t.true(Math.abs(found / (hertz * rate) - 1) < 1e-4, `${hertz} Hz at ${rate}: ${found} Hz`)
    const angle = (2 * Math.PI * hertz * rate) / RATE
    isHeard(t, heard, (n) => 0.5 * Math.sin(angle * n), CLOSE, 1500, end)
  }
})

test('what would lie beyond the highest frequency is not heard', async (t) => {
  for (const [hertz, rate] of [[13_000, 2], [18_000, 1.5], [7000, 4], [23_000, 1.1], [20_000, 16]] as const) {
    const { engine, play, sample } = await stage(t)
    const signal = sine(96_000, hertz)
    engine.createTrack().play(await sample(signal, signal), { at: 0, rate })
    const frames = Math.floor(96_000 / rate)
    // The beginning and the end of a sine are no sine.
    const heard = channel(await play(frames), 0).subarray(1200, frames - 1200)
    t.true(hertz * rate > RATE / 2 && heard.length > 3000)
    t.true(rms(heard) < CLOSE * rms(signal), `${hertz} Hz at ${rate}: ${rms(heard)}`)
  }
})

test('slowed down, there are no images of the sound above it', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = sine(48_000, 9000)
  engine.createTrack().play(await sample(signal, signal), { at: 0, rate: 0.5 })
  const heard = channel(await play(90_000), 0)
  isHeard(t, heard, (n) => 0.5 * Math.sin((2 * Math.PI * 4500 * n) / RATE), CLOSE, 1500, 88_000)
})

test('a loop of whole periods goes on without a seam, at any speed', async (t) => {
  for (const rate of [0.7, 1.3, 2, 5.01]) {
    const { engine, play, sample } = await stage(t)
    // 480 frames are 5 periods of 500 Hz; the part that is repeated begins with one.
    const signal = sine(4800, 500)
    engine.createTrack().play(await sample(signal, signal), { at: 0, rate, loop: { start: 0.05, end: 0.06 } })
    const angle = (2 * Math.PI * 500 * rate) / RATE
    isHeard(t, channel(await play(48_000), 0), (n) => 0.5 * Math.sin(angle * n), CLOSE, 1500)
  }
})

test('a ramp of the speed moves through every value of it', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = sine(48_000, 700)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: 0 })
  voice.rate.set(2, { at: { frame: 2000 }, ramp: 0.1, curve: 'linear' })
  voice.rate.set(0.5, { at: { frame: 10_000 }, ramp: 0.05, curve: 'linear' })
  const places: number[] = []
  let place = 0
  for (let n = 0; n < 24_000; n++) {
    places.push(place)
    place += n < 2000 ? 1 : n < 10_000 ? ramp(1, 2, n - 2000, 4800) : ramp(2, 0.5, n - 10_000, 2400)
  }
  await play(24_000)
  t.true(Math.abs(voice.position * RATE - place) < 1e-3, `${voice.position * RATE}, expected ${place}`)
  t.is(voice.rate.current, 0.5)

  const again = await stage(t)
  const other = again.engine.createTrack().play(await again.sample(signal, signal), { at: 0 })
  other.rate.set(2, { at: { frame: 2000 }, ramp: 0.1, curve: 'linear' })
  other.rate.set(0.5, { at: { frame: 10_000 }, ramp: 0.05, curve: 'linear' })
  isHeard(t, channel(await again.play(24_000), 0), (n) =>
    0.5 * Math.sin((2 * Math.PI * 700 * (places[n] ?? NaN)) / RATE), CLOSE, 1500)
})

test('the speed can be set at a beat, and in a batch with others', async (t) => {
  const { engine, play, sample } = await stage(t)
  const sound = await sample(flat(0.1, 96_000))
  const voices = [1, 2].map(() => engine.createTrack().play(sound, { at: 0 }))
  engine.transport.start()
  engine.batch(() => {
    for (const voice of voices) voice.rate.set(4, { ramp: 0 })
  }, { beat: 0.5 })
  await play(20_000)
  const half = beatFrames(120) / 2
  for (const voice of voices) t.is(voice.position, (half + 4 * (20_000 - half)) / RATE)
})

test('position runs at the speed, exactly', async (t) => {
  const { engine, play, sample } = await stage(t)
  const sound = await sample(flat(0.1, 96_000))
  const voice = engine.createTrack().play(sound, { at: { frame: 500 }, rate: 0.75, offset: 0.5 })
  for (const [frames, expected] of [[500, 24_000], [1, 24_000.75], [4000, 27_000.75]] as const) {
    await play(frames)
    t.is(voice.position, expected / RATE)
  }
  voice.pause()
  await play(100)
  t.is(voice.position, 27_000.75 / RATE)
  voice.seek(1)
  voice.resume()
  await play(100)
  t.is(voice.position, 48_075 / RATE)
})

test('fades last as long as they say, at any speed', async (t) => {
  const { engine, play, sample } = await stage(t)
  // Of a constant every interpolation is that constant, but at its ends.
  const sound = await sample(flat(0.5, 48_000), flat(0.5, 48_000))
  const options = { at: 0, rate: 2, offset: 0.1, duration: 0.7, fadeIn: 0.05, fadeOut: 0.1 }
  const voice = engine.createTrack().play(sound, options)
  const end = 0.35 * RATE
  isHeard(t, channel(await play(20_000), 0), (n) => {
    if (n >= end) return 0
    return 0.5 * ramp(0, 1, n, 2400) * (n < end - 4800 ? 1 : ramp(1, 0, n - (end - 4800), 4800))
  }, CLOSE)
  t.deepEqual(await voice.ended, { frame: end - 1, reason: 'finished' })
})

test('the block size never changes what is heard at another speed', async (t) => {
  const perform = async (blockSizes: number[]): Promise<Float32Array[]> => {
    const { engine, play, sample } = await stage(t, {}, { blockSizes })
    const track = engine.createTrack({ volume: 0.3 })
    const stereo = await sample(noise(5000, 2), noise(5000, 3))
    const mono = await sample(noise(3000, 4))
    const voice = track.play(stereo, { at: { frame: 13 }, rate: 1.37, loop: { start: 0.01, end: 0.09 } })
    voice.rate.set(0.41, { at: { frame: 1001 }, ramp: 0.02, curve: 'linear' })
    voice.rate.set(6.5, { at: { frame: 3001 }, ramp: 0.03, curve: 'exponential' })
    voice.seek(0.03, { at: { frame: 2221 } })
    track.play(mono, { at: { frame: 700 }, rate: 0.777, fadeIn: 0.01, fadeOut: 0.05 })
    track.play(stereo, { at: { frame: 900 }, rate: 2.2, fadeOut: 0.02 })
    return play(8192)
  }
  const expected = await perform([256])
  t.true(rms(channel(expected, 0)) > 0.01)
  for (const sizes of [[1], [7], [64, 1, 511], [4096]]) {
    for (const [index, heard] of (await perform(sizes)).entries()) isSame(t, heard, channel(expected, index))
  }
})
