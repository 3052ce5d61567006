// Which part of a sample is played, how often, how it rises and falls, and where a voice is.
import test from 'ava'
import { noise } from '../support/signal'
import { RATE, ULP, channel, flat, isHeard, isSame, ramp, stage } from '../playback/stage'

test('offset and duration cut a part out of a sample, to the frame', async (t) => {
  const signal = noise(9000, 1)
  for (const [offset, duration] of [[0.01, undefined], [0, 0.02], [0.0123456, 0.0345678], [0.1, 5], [1 / 7, 1 / 70]] as const) {
    const { engine, play, sample } = await stage(t)
    const cut = { ...(duration !== undefined && { duration }), offset }
    const voice = engine.createTrack().play(await sample(signal, signal), { at: { frame: 100 }, ...cut })
    const from = Math.round(offset * RATE)
    const frames = Math.min(Math.round((duration ?? 1) * RATE), signal.length - from)
    isHeard(t, channel(await play(12_000), 0), (n) =>
      (n >= 100 && n < 100 + frames ? (signal[n - 100 + from] ?? NaN) : 0))
    t.deepEqual(await voice.ended, { frame: 100 + frames, reason: 'finished' })
    t.is(await voice.startedAt, 100)
  }
})

test('a duration of 0 is over at once', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(0.5, 100)), { at: { frame: 50 }, duration: 0 })
  isHeard(t, channel(await play(500), 0), () => 0)
  t.deepEqual(await voice.ended, { frame: 50, reason: 'finished' })
  t.is(await voice.startedAt, null)
})

test('a loop repeats the whole sample or a part of it, seamlessly', async (t) => {
  const signal = noise(1000, 2)
  const seconds = (frame: number): number => frame / RATE
  for (const [loop, first, offset] of [
    [true, [0, 1000], 0],
    [{ start: seconds(300), end: seconds(417) }, [300, 417], 0],
    [{ start: seconds(999), end: seconds(1000) }, [999, 1000], 0],
    [{ start: seconds(0), end: seconds(1) }, [0, 1], 0],
    [{ start: seconds(500), end: seconds(900) }, [500, 900], 777],
    [{ start: seconds(500), end: seconds(900) }, [500, 900], 20],
    [false, [Infinity, Infinity], 400],
  ] as const) {
    const [start, end] = first
    const { engine, play, sample } = await stage(t)
    const voice = engine.createTrack().play(await sample(signal, signal), { at: { frame: 11 }, loop, offset: seconds(offset) })
    voice.stop({ at: { frame: 7000 }, fade: 0 })
    isHeard(t, channel(await play(8000), 0), (n) => {
      const place = n - 11 + offset
      if (n < 11 || n >= 7000) return 0
      return signal[place < end ? place : start + ((place - start) % (end - start))] ?? 0
    })
    t.is((await voice.ended).reason, loop === false ? 'finished' : 'stopped')
  }
})

test('with a loop, duration counts the repetitions', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(480, 3)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: 0, loop: true, duration: 0.0351 })
  const frames = Math.round(0.0351 * RATE)
  isHeard(t, channel(await play(3000), 0), (n) => (n < frames ? (signal[n % 480] ?? NaN) : 0))
  t.deepEqual(await voice.ended, { frame: frames, reason: 'finished' })
})

test('fades rise from silence and fall to it by the formula', async (t) => {
  for (const [fadeIn, fadeOut] of [[0.01, 0.02], [0.0501, 0], [0, 0.0301], [0.09, 0.08], [0, 0], [1, 0], [0, 1]] as const) {
    const { engine, play, sample } = await stage(t)
    const signal = noise(4800, 4)
    const voice = engine.createTrack().play(await sample(signal, signal), { at: { frame: 77 }, fadeIn, fadeOut })
    const [rise, fall] = [Math.round(fadeIn * RATE), Math.round(fadeOut * RATE)]
    isHeard(t, channel(await play(6000), 0), (n) => {
      const k = n - 77
      if (k < 0 || k >= 4800) return 0
      const falling = k < 4800 - fall ? 1 : ramp(1, 0, k - (4800 - fall), fall)
      return (signal[k] ?? 0) * ramp(0, 1, k, rise) * falling
    }, 2 * ULP)
    // A fall stands on 0 on its last frame: that is the first silent one.
    t.deepEqual(await voice.ended, { frame: 77 + 4800 - (fall > 0 ? 1 : 0), reason: 'finished' })
  }
})

test('the fall of a part or of repetitions ends where they do, the rise begins with the voice', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(700, 5)
  engine.createTrack().play(await sample(signal, signal), {
    at: 0, loop: { start: 100 / RATE, end: 300 / RATE }, offset: 50 / RATE, duration: 0.1, fadeIn: 0.01, fadeOut: 0.03,
  })
  isHeard(t, channel(await play(6000), 0), (n) => {
    if (n >= 4800) return 0
    const place = n + 50
    const source = place < 300 ? place : 100 + ((place - 100) % 200)
    const falling = n < 4800 - 1440 ? 1 : ramp(1, 0, n - (4800 - 1440), 1440)
    return (signal[source] ?? 0) * ramp(0, 1, n, 480) * falling
  }, 2 * ULP)
})

test('fades, gain and a stop multiply', async (t) => {
  const { engine, play, sample } = await stage(t)
  const voice = engine.createTrack().play(await sample(flat(0.5, 9000), flat(0.5, 9000)), { at: 0, fadeIn: 0.02, gain: 0.5 })
  voice.gain.set(1, { at: { frame: 300 }, ramp: 0.01 })
  voice.stop({ at: { frame: 700 } })
  isHeard(t, channel(await play(2000), 0), (n) => {
    const gain = n < 300 ? 0.5 : ramp(0.5, 1, n - 300, 480)
    return 0.5 * gain * ramp(0, 1, n, 960) * (n < 700 ? 1 : ramp(1, 0, n - 700, 480))
  }, 2 * ULP)
})

test('sounds that follow one another join without a gap, in any block size', async (t) => {
  const parts = [12_345, 1, 777, 4096].map((frames, i) => noise(frames, 10 + i))
  const whole = Float32Array.from(parts.flatMap((part) => [...part]))
  for (const blockSizes of [[256], [1], [7], [64], [255, 1], [4096]]) {
    const { engine, play, sample } = await stage(t, {}, { blockSizes })
    const track = engine.createTrack()
    let frame = 100
    for (const part of parts) {
      track.play(await sample(part, part), { at: { frame } })
      frame += part.length
    }
    const heard = channel(await play(frame + 100), 1)
    isSame(t, heard.subarray(100, frame), whole)
    isHeard(t, heard, () => 0, 0, 0, 100)
    isHeard(t, heard, () => 0, 0, frame)
  }
})

test('a sample played in pieces is the sample', async (t) => {
  const { engine, play, sample } = await stage(t, {}, { blockSizes: [101, 256] })
  const signal = noise(20_000, 20)
  const whole = await sample(signal, signal)
  const track = engine.createTrack()
  const cuts = [0, 1, 2, 480, 5000, 13_333, 20_000]
  for (const [i, from] of cuts.entries()) {
    const to = cuts[i + 1]
    if (to === undefined) break
    track.play(whole, { at: { frame: from }, offset: from / RATE, duration: (to - from) / RATE })
  }
  isSame(t, channel(await play(20_000), 0), signal)
})

test('a seek crosses over to another place; of a paused voice it moves the place to go on from', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(30_000, 21)
  const at = (n: number): number => signal[n] ?? 0
  const voice = engine.createTrack().play(await sample(signal, signal), { at: 0 })
  voice.seek(20_000 / RATE, { at: { frame: 1000 } })
  voice.pause({ at: { frame: 3000 } })
  voice.seek(100 / RATE, { at: { frame: 5000 } })
  voice.resume({ at: { frame: 6000 } })
  voice.seek(29_900 / RATE, { at: { frame: 8000 } })
  isHeard(t, channel(await play(9000), 0), (n) => {
    if (n < 1000) return at(n)
    const sought = at(n + 19_000) * ramp(0, 1, n - 1000, 480)
    if (n < 3000) return sought + at(n) * ramp(1, 0, n - 1000, 480)
    if (n < 6000) return sought * ramp(1, 0, n - 3000, 480)
    const resumed = at(n - 5900) * ramp(0, 1, n - 6000, 480)
    if (n < 8000) return resumed
    return resumed * ramp(1, 0, n - 8000, 480) + at(n + 21_900) * ramp(0, 1, n - 8000, 480)
  }, 2 * ULP)
  t.is((await voice.ended).reason, 'finished')
})

test('a voice that waits can be sought: it begins there', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(2000, 22)
  const voice = engine.createTrack().play(await sample(signal, signal), { at: { frame: 500 } })
  voice.seek(700 / RATE)
  await play(100)
  const waiting = voice.position
  isHeard(t, channel(await play(3000), 0), (n) => (n < 400 ? 0 : (signal[n - 400 + 700] ?? 0)))
  t.deepEqual(await voice.ended, { frame: 500 + 1300, reason: 'finished' })
  t.is(waiting, 700 / RATE)
})

test('position is exact on a stepped device, through waits, pauses, seeks and loops', async (t) => {
  const { engine, play, sample } = await stage(t)
  const long = await sample(flat(0.1, 96_000))
  const track = engine.createTrack()
  const voice = track.play(long, { at: { frame: 1000 }, offset: 0.25 })
  const looped = track.play(long, { at: { frame: 0 }, loop: { start: 0.5, end: 0.75 } })
  t.is(voice.position, 0.25)
  const step = async (frames: number, expected: number): Promise<void> => {
    await play(frames)
    t.is(voice.position, expected / RATE, `at frame ${engine.currentFrame}`)
    const now = engine.currentFrame
    t.is(looped.position, (now < 36_000 ? now : 24_000 + ((now - 24_000) % 12_000)) / RATE)
  }
  await step(999, 12_000)
  await step(1, 12_000)
  await step(1, 12_001)
  await step(4095, 16_096)
  voice.pause()
  await step(1, 16_096)
  await step(5000, 16_096)
  voice.resume()
  await step(100, 16_196)
  voice.seek(1.5)
  await step(1, 72_001)
  await step(999, 73_000)
  voice.pause({ at: { frame: engine.currentFrame + 300 } })
  await step(200, 73_200)
  await step(200, 73_300)
  voice.seek(0.125)
  await step(100, 6000)
  voice.resume()
  voice.stop({ at: { frame: engine.currentFrame + 60_000 } })
  await step(50_000, 56_000)
})

test('after its natural end a voice stands at the end of its sample', async (t) => {
  const { engine, play, sample } = await stage(t)
  const sound = await sample(flat(0.1, 777))
  const voice = engine.createTrack().play(sound, { at: 0 })
  await play(776)
  t.is(voice.position, 776 / RATE)
  await play(224)
  t.is(voice.position, sound.duration)
})

test('the block size never changes what is cut, looped, faded and sought', async (t) => {
  const perform = async (blockSizes: number[]): Promise<Float32Array[]> => {
    const { engine, play, sample } = await stage(t, {}, { blockSizes })
    const track = engine.createTrack({ volume: 0.3 })
    const stereo = await sample(noise(5000, 30), noise(5000, 31))
    const looped = track.play(stereo, { at: { frame: 3 }, loop: { start: 0.0101, end: 0.0357 }, fadeIn: 0.013 })
    track.play(stereo, { at: { frame: 999 }, offset: 0.03, duration: 0.05, fadeOut: 0.021 })
    const sought = track.play(stereo, { at: { frame: 500 }, gain: 0.5, loop: true, duration: 0.1, fadeOut: 0.04 })
    sought.seek(0.02, { at: { frame: 801 } })
    sought.seek(0.05, { at: { frame: 1003 } })
    looped.pause({ at: { frame: 1501 } })
    looped.resume({ at: { frame: 1709 } })
    looped.stop({ at: { frame: 6007 }, fade: 0.0213 })
    return play(8192)
  }
  const expected = await perform([256])
  for (const sizes of [[1], [7], [64, 1, 511], [4096]]) {
    for (const [index, heard] of (await perform(sizes)).entries()) isSame(t, heard, channel(expected, index))
  }
})
