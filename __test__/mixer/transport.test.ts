// The musical clock: beats on exact frames, whatever the tempo does, in loops and after seeks.
import test from 'ava'
import { noise } from '../support/signal'
import { RATE, channel, isHeard, isSame, onset, stage, throwsCode } from '../playback/stage'
import { beatFrames, click, heardOnsets, randoms } from './clicks'

/** Frames a beat at the default tempo. */
const BEAT = beatFrames(120)

test('it stands on beat 0 at 120 beats a minute until it is started', async (t) => {
  const { engine: { transport }, play } = await stage(t)
  for (let i = 0; i < 2; i++) {
    t.is(transport.tempo, 120)
    t.false(transport.playing)
    t.is(transport.beat, 0)
    t.is(transport.loop, null)
    await play(1000)
  }
})

test('it starts on the frame it is told, by default with the next block', async (t) => {
  const { engine: { transport }, play } = await stage(t)
  transport.start({ frame: 700 })
  await play(600)
  t.false(transport.playing)
  await play(400)
  t.true(transport.playing)
  t.true(Math.abs(transport.beat - 300 / BEAT) < 1e-9)
  transport.stop()
  await play(100)
  t.false(transport.playing)
  t.true(Math.abs(transport.beat - 300 / BEAT) < 1e-9)
  transport.start()
  transport.start({ frame: 1200 })
  await play(1300)
  t.true(Math.abs(transport.beat - 1600 / BEAT) < 1e-9, 'a second start moves nothing')
})

test('a beat is the frame that is nearest to it, at any tempo and rate', async (t) => {
  for (const [rate, tempo] of [[48_000, 120], [44_100, 97.3], [96_000, 171], [48_000, 33.3], [22_050, 999]] as const) {
    const one = await stage(t, {}, { sampleRate: rate })
    const { transport } = one.engine
    const track = one.engine.createTrack()
    const sound = await click(one)
    transport.tempo = tempo
    transport.start()
    const beats = [0, 1 / 3, 0.5001, 1, 1.2345, 2, Math.E]
    for (const beat of beats.toReversed()) track.play(sound, { at: { beat } })
    const frames = beats.map((beat) => Math.round((beat * 60 * rate) / tempo))
    t.deepEqual(await heardOnsets(one, (frames.at(-1) ?? 0) + 10), frames)
    t.is(one.engine.stats().lateEvents, 0)
  }
})

test('a change of tempo moves what waits, from the frame or the beat of the change on', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.start()
  for (const beat of [1, 2, 3, 4, 5]) track.play(sound, { at: { beat } })
  transport.setTempo(60, { at: { frame: 30_000 } })
  transport.setTempo(90, { at: { beat: 2.5 } })
  transport.setTempo(200, { at: 3 })
  t.is(transport.tempo, 200)
  // Beat 1.25 falls on 30,000, beat 2.5 on 90,000; 144,000 is beat 2.5 + 54,000 / 32,000 = 4.1875.
  t.deepEqual(await heardOnsets(one, 160_000), [
    24_000,
    30_000 + 0.75 * 48_000,
    90_000 + 0.5 * 32_000,
    90_000 + 1.5 * 32_000,
    144_000 + (5 - 4.1875) * 14_400,
  ])
})

test('beats keep to a tempo that changes all the time', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  const random = randoms(1)
  // Stretches of one tempo each, with the exact beat on which each begins.
  const stretches = [{ frame: 0, beat: 0, tempo: 120 }]
  for (let i = 1; i < 60; i++) {
    const last = stretches.at(-1) ?? { frame: 0, beat: 0, tempo: 120 }
    const frame = last.frame + 500 + Math.floor(random() * 2000)
    const beat = last.beat + (frame - last.frame) / beatFrames(last.tempo)
    stretches.push({ frame, beat, tempo: 40 + 900 * random() })
  }
  transport.start()
  for (const { frame, tempo } of stretches.slice(1)) transport.setTempo(tempo, { at: { frame } })
  const last = stretches.at(-1)?.beat ?? 0
  const beats = Array.from({ length: 300 }, () => random() * last)
  for (const beat of beats) track.play(sound, { at: { beat } })
  const expected = beats.map((beat) => {
    const within = stretches.findLast((stretch) => stretch.beat <= beat)
    if (!within) throw new Error('a stretch')
    return Math.round(within.frame + (beat - within.beat) * beatFrames(within.tempo))
  })
  const end = (stretches.at(-1)?.frame ?? 0) + 100
  t.deepEqual(await heardOnsets(one, end), [...new Set(expected)].toSorted((a, b) => a - b))
})

test('stopped, it keeps its beat, and what waits goes on waiting', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.start({ frame: 100 })
  transport.stop({ beat: 1.25 })
  for (const beat of [1, 1.5]) track.play(sound, { at: { beat } })
  t.deepEqual(await heardOnsets(one, 60_000), [100 + BEAT])
  t.false(transport.playing)
  t.true(Math.abs(transport.beat - 1.25) < 1e-9)
  transport.start({ frame: 70_000 })
  t.deepEqual(await heardOnsets(one, 60_000), [70_000 + BEAT / 4])
})

test('a seek drops what it skips: voices end as stopped, values never come', async (t) => {
  const one = await stage(t)
  const { engine, play } = one
  const { transport } = engine
  const track = engine.createTrack()
  const sound = await click(one)
  transport.start()
  const skipped = [1, 2, 2.999].map((beat) => track.play(sound, { at: { beat } }))
  track.volume.set(0, { at: { beat: 2 }, ramp: 0 })
  const kept = [3, 3.5].map((beat) => track.play(sound, { at: { beat } }))
  await play(12_000)
  transport.seek(3)
  const heard = channel(await play(20_000), 0)
  isHeard(t, heard, (n) => (n === 0 || n === BEAT / 2 ? 0.5 : 0))
  for (const voice of skipped) {
    t.deepEqual(await voice.ended, { frame: 12_000, reason: 'stopped' })
    t.is(await voice.startedAt, null)
  }
  t.deepEqual(await Promise.all(kept.map((voice) => voice.startedAt)), [12_000, 12_000 + BEAT / 2])
  t.is(engine.stats().lateEvents, 0)
})

test('after a seek back, beats come again from there', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.start()
  await one.play(BEAT * 1.5)
  track.play(sound, { at: { beat: 2 } })
  transport.seek(0.5)
  track.play(sound, { at: { beat: 1 } })
  t.deepEqual(await heardOnsets(one, 2 * BEAT), [2 * BEAT, 3 * BEAT])
})

test('a stopped transport has no past: an earlier beat waits for a seek', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  transport.seek(2)
  await one.play(100)
  t.is(transport.beat, 2)
  track.play(sound, { at: { beat: 1 } })
  transport.start()
  t.deepEqual(await heardOnsets(one, 2 * BEAT), [])
  transport.seek(0.75)
  t.deepEqual(await heardOnsets(one, BEAT), [100 + 2 * BEAT + BEAT / 4])
  t.is(one.engine.stats().lateEvents, 0)
})

test('beats far from where it is are on their frame when it is sought there', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  const sound = await click(one)
  for (const beat of [40, 40.001, 1000.5, 1e6, 1e6 + 1 / 64]) track.play(sound, { at: { beat } })
  transport.start()
  await one.play(512)
  for (const [to, offsets] of [
    [40, [0, 24]],
    [1000.49, [240]],
    [1e6 - 1 / 128, [187.5, 562.5]],
  ] as const) {
    const frame = one.engine.currentFrame
    transport.seek(to)
    const expected = offsets.map((offset) => Math.round(frame + offset))
    t.deepEqual(await heardOnsets(one, 1000), expected, `from beat ${to}`)
  }
  t.is(one.engine.stats().lateEvents, 0)
})

test('a faster tempo brings what was far away near, in time', async (t) => {
  const one = await stage(t)
  const { transport } = one.engine
  const track = one.engine.createTrack()
  transport.tempo = 1
  track.play(await click(one), { at: { beat: 1 } })
  transport.start()
  await one.play(RATE)
  transport.setTempo(999)
  const left = (1 - 1 / 60) * beatFrames(999)
  t.deepEqual(await heardOnsets(one, 4000), [RATE + Math.round(left)])
  t.is(one.engine.stats().lateEvents, 0)
})

test('a batch sets the transport up on one frame; one that throws leaves it as it was', async (t) => {
  const one = await stage(t)
  const { engine } = one
  const { transport } = engine
  const track = engine.createTrack()
  const sound = await click(one)
  engine.batch(() => {
    transport.tempo = 90
    transport.seek(4)
    transport.start()
    for (const beat of [4, 5]) track.play(sound, { at: { beat } })
  }, { frame: 777 })
  t.deepEqual(await heardOnsets(one, 40_000), [777, 777 + 32_000])
  t.throws(() => engine.batch(() => {
    transport.tempo = 300
    transport.loop = { start: 0, end: 1 }
    transport.stop()
    transport.seek(0)
    throw new Error('from inside')
  }))
  t.is(transport.tempo, 90)
  t.is(transport.loop, null)
  await one.play(1000)
  t.true(transport.playing)
  t.true(Math.abs(transport.beat - (4 + (41_000 - 777) / 32_000)) < 1e-9)
})

test('the block size never changes where beats fall', async (t) => {
  const perform = async (blockSizes: number[]): Promise<Float32Array> => {
    const { engine, play, sample } = await stage(t, {}, { blockSizes })
    const { transport } = engine
    const signal = noise(300, 5)
    const sound = await sample(signal, signal)
    const track = engine.createTrack({ volume: 0.25 })
    transport.tempo = 611.7
    transport.loop = { start: 0.3, end: 1.1 }
    transport.start({ frame: 123 })
    transport.setTempo(433, { at: { frame: 5001 } })
    for (let i = 0; i < 60; i++) track.play(sound, { at: { beat: (i * 17) % 60 / 50 } })
    track.volume.set(0.5, { at: { beat: 0.7 }, ramp: 0.003 })
    transport.stop({ frame: 15_003 })
    transport.start({ frame: 17_017 })
    return channel(await play(24_576), 0)
  }
  const expected = await perform([256])
  t.true(onset(expected) >= 0)
  for (const sizes of [[1], [7], [64, 1, 511], [4096]]) isSame(t, await perform(sizes), expected)
})

test('what a transport does not take throws and changes nothing', async (t) => {
  const { engine: { transport }, play } = await stage(t)
  for (const value of ['120', NaN, Infinity, null, {}, true]) {
    throwsCode(t, () => (transport.tempo = value as number), 'ERR_INVALID_ARG', ['tempo'])
    throwsCode(t, () => { transport.setTempo(value as number) }, 'ERR_INVALID_ARG', ['bpm'])
    throwsCode(t, () => { transport.seek(value as number) }, 'ERR_INVALID_ARG', ['beat'])
  }
  for (const value of [0, -120]) {
    throwsCode(t, () => (transport.tempo = value), 'ERR_OUT_OF_RANGE', ['tempo', String(value)])
    throwsCode(t, () => { transport.setTempo(value) }, 'ERR_OUT_OF_RANGE', [String(value)])
  }
  throwsCode(t, () => { transport.seek(-1) }, 'ERR_OUT_OF_RANGE', ['-1'])
  throwsCode(t, () => { transport.setTempo(90, { when: 1 } as object) }, 'ERR_INVALID_ARG', ['when'])
  for (const at of [{ beat: '1' }, { beat: 1, frame: 1 }, {}, null, 'now', NaN]) {
    throwsCode(t, () => { transport.start(at as never) }, 'ERR_INVALID_ARG', ['at'])
    throwsCode(t, () => { transport.stop(at as never) }, 'ERR_INVALID_ARG', ['at'])
    throwsCode(t, () => { transport.setTempo(90, { at } as never) }, 'ERR_INVALID_ARG', ['at'])
  }
  throwsCode(t, () => { transport.start({ beat: -0.5 }) }, 'ERR_OUT_OF_RANGE', ['-0.5'])
  const loops: [unknown, 'ERR_INVALID_ARG' | 'ERR_OUT_OF_RANGE'][] = [
    [undefined, 'ERR_INVALID_ARG'], [5, 'ERR_INVALID_ARG'], [{ start: 1 }, 'ERR_INVALID_ARG'],
    [{ start: 0, end: NaN }, 'ERR_INVALID_ARG'], [{ start: 0, end: 1, on: true }, 'ERR_INVALID_ARG'],
    [{ start: 1, end: 1 }, 'ERR_OUT_OF_RANGE'], [{ start: 2, end: 1 }, 'ERR_OUT_OF_RANGE'],
    [{ start: -1, end: 1 }, 'ERR_OUT_OF_RANGE'],
  ]
  for (const [loop, code] of loops) throwsCode(t, () => (transport.loop = loop as never), code, ['loop'])
  await play(100)
  t.is(transport.tempo, 120)
  t.is(transport.loop, null)
  t.false(transport.playing)
  t.is(transport.beat, 0)
})

test('beats go to 10^12; beyond, nothing can be counted, and every call that takes one says so', async (t) => {
  const { engine, play, sample } = await stage(t)
  const { transport } = engine
  const track = engine.createTrack()
  const sound = await sample(new Float32Array(10))
  const calls: Record<string, (beat: number) => unknown> = {
    'beat': (beat) => { transport.seek(beat) },
    'loop.start': (beat) => (transport.loop = { start: beat, end: 2 * beat }),
    'loop.end': (beat) => (transport.loop = { start: 0, end: beat }),
    'at.beat': (beat) => track.play(sound, { at: { beat } }),
    'points[0].at.beat': (beat) => { track.volume.automate([{ at: { beat }, value: 1 }]) },
    'from.beat': (beat) => { track.volume.cancel({ beat }) },
  }
  for (const [name, call] of Object.entries(calls)) {
    for (const beat of [1e12 + 1, 1e300]) {
      throwsCode(t, () => call(beat), 'ERR_OUT_OF_RANGE', [`${name} must be`, 'from 0 to 1000000000000', `got ${beat}`], name)
    }
  }
  throwsCode(t, () => engine.batch(() => undefined, { beat: 1e13 }), 'ERR_OUT_OF_RANGE', ['at.beat'])
  await play(100)
  t.is(transport.beat, 0)
  t.is(transport.loop, null)
  transport.seek(1e12)
  transport.loop = { start: 1e12 - 1, end: 1e12 }
  await play(100)
  t.is(transport.beat, 1e12)
})
