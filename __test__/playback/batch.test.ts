// Everything of a batch on one frame, or nothing of it.
import test from 'ava'
import type { Track, Voice } from '../../index'
import { channel, flat, isHeard, onset, stage, throwsCode } from './stage'

test('a batch takes effect on the frame it was given, its value is what fn returns', async (t) => {
  const { engine, play, sample } = await stage(t)
  const [a, b] = [engine.createTrack(), engine.createTrack()]
  const long = await sample(flat(0.25, 9000), flat(0.25, 9000))
  const voice = engine.batch(() => {
    a.play(long)
    a.volume.set(0.5, { ramp: 0 })
    return b.play(long)
  }, { frame: 777 })
  isHeard(t, channel(await play(2000), 0), (n) => (n < 777 ? 0 : 0.375))
  t.is(await voice.startedAt, 777)
})

test('a command with a time of its own keeps it', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const long = await sample(flat(0.25, 9000), flat(0.25, 9000))
  const voices = engine.batch(() => [track.play(long), track.play(long, { at: { frame: 900 } })], { frame: 300 })
  await play(1000)
  t.deepEqual(await Promise.all(voices.map((voice) => voice.startedAt)), [300, 900])
})

test('a batch for the past is applied at once and counted late', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const click = await sample(flat(0.5, 1), flat(0.5, 1))
  await play(1000)
  engine.batch(() => track.play(click), { frame: 10 })
  t.is(onset(channel(await play(100), 0)), 0)
  t.is(engine.stats().lateEvents, 1)
})

test('a batch far larger than the control queue stays on one frame', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 1024 }, { blockSizes: [1] })
  const tracks = Array.from({ length: 60 }, () => engine.createTrack({ volume: 0.5 }))
  const click = await sample(flat(1 / 1024, 1), flat(1 / 1024, 1))
  await play(100)
  const voices = engine.batch(() => {
    const made: Voice[] = []
    for (let i = 0; i < 700; i++) {
      const track = tracks[i % tracks.length]
      if (!track) throw new Error('a track')
      track.volume.set(i < 640 ? 3 : 1, { ramp: 0 })
      made.push(track.play(click))
      if (i >= 640) continue
      track.volume.set(2, { ramp: 0 })
    }
    for (const track of tracks) track.volume.set(1, { ramp: 0 })
    return made
  })
  const heard = channel(await play(50), 0)
  isHeard(t, heard, (n) => (n === onset(heard) ? 700 / 1024 : 0))
  const started = await Promise.all(voices.map((voice) => voice.startedAt))
  t.is(new Set(started).size, 1)
  // A batch of any size crosses as one.
  t.is(engine.stats().controlQueue.overflows, 0)
})

test('while a batch waits for its frame, what is called after it is not held up', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const click = await sample(flat(0.5, 1), flat(0.5, 1))
  engine.batch(() => { track.play(click) }, { frame: 500 })
  track.play(click)
  const heard = channel(await play(1000), 0)
  t.deepEqual([...heard.keys()].filter((n) => heard[n] !== 0), [0, 500])
})

test('nothing of a batch whose function throws is applied', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack({ name: 'kept', volume: 0.5 })
  const long = await sample(flat(0.5, 9000), flat(0.5, 9000))
  const voice = track.play(long)
  await play(256)
  let undone: { voice: Voice; track: Track } | undefined
  const error = new Error('from inside')
  t.is(t.throws(() => engine.batch(() => {
    track.volume.value = 4
    track.pan.value = -1
    track.muted = true
    track.soloed = true
    track.name = 'changed'
    voice.gain.value = 0
    voice.stop({ fade: 0 })
    undone = { voice: track.play(long), track: engine.createTrack() }
    undone.track.play(long)
    throw error
  })), error)
  t.like(track, { name: 'kept', muted: false, soloed: false })
  t.is(track.volume.value, 0.5)
  t.is(track.pan.value, 0)
  t.is(voice.gain.value, 1)
  t.deepEqual(engine.tracks, [track])
  isHeard(t, channel(await play(1000), 0), () => 0.25)
  t.is(await undone?.voice.startedAt, null)
  t.is((await undone?.voice.ended)?.reason, 'stopped')

  // The track that came to nothing is not the one that is made next.
  const next = engine.createTrack()
  throwsCode(t, () => undone?.track.play(long), 'ERR_INVALID_STATE')
  throwsCode(t, () => undone?.track.volume.set(0), 'ERR_INVALID_STATE')
  t.is(next.volume.value, 1)
})

test('a batch inside a batch joins it', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const click = await sample(flat(0.125, 1), flat(0.125, 1))
  engine.batch(() => {
    track.play(click)
    engine.batch(() => track.play(click), { frame: 9 })
    t.throws(() => engine.batch(() => {
      throw new Error('inner')
    }))
    track.play(click)
  }, { frame: 100 })
  isHeard(t, channel(await play(500), 0), (n) => (n === 100 ? 0.375 : 0))
  t.throws(() => engine.batch(() => {
    engine.batch(() => track.play(click))
    throw new Error('outer')
  }))
  isHeard(t, channel(await play(500), 0), () => 0)
})

test('an asynchronous function is refused and nothing of it is applied', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const click = await sample(flat(0.5, 1))
  throwsCode(t, () => engine.batch(async () => {
    track.play(click)
    await Promise.reject(new Error('of nobody'))
  }), 'ERR_INVALID_ARG', ['fn'])
  isHeard(t, channel(await play(500), 0), () => 0)
})

test('a batch that does not fit changes nothing', async (t) => {
  const { engine, play, sample } = await stage(t, { maxEvents: 10 })
  const track = engine.createTrack()
  const click = await sample(flat(0.25, 1), flat(0.25, 1))
  const eleven = (): Voice[] => Array.from({ length: 11 }, () => track.play(click))
  throwsCode(t, () => engine.batch(() => {
    track.volume.value = 0
    return eleven()
  }), 'ERR_QUEUE_FULL', ['10'])
  t.is(track.volume.value, 1)
  isHeard(t, channel(await play(500), 0), () => 0)
  // And the room of the refused ones is there again.
  engine.batch(() => Array.from({ length: 10 }, () => track.play(click, { gain: 0.1 })))
  isHeard(t, channel(await play(500), 0), (n) => (n === 0 ? 0.25 : 0), 2 ** -23)
})

test('values and mutes in batches never fail for want of room and never pile up', async (t) => {
  const { engine, play, sample } = await stage(t, { maxEvents: 10 })
  const track = engine.createTrack()
  track.play(await sample(flat(0.5, 90_000), flat(0.5, 90_000)))
  await play(256)
  for (let i = 0; i < 2000; i++) {
    engine.batch(() => {
      for (let k = 0; k < 20; k++) track.volume.set((i * 20 + k) / 40_000, { ramp: k % 2 ? 0 : 0.1 })
      track.muted = true
      track.muted = false
    })
  }
  const heard = channel(await play(4800), 0)
  isHeard(t, heard, () => 0.5 * (39_999 / 40_000), 2 ** -24, 1000)
  t.is(track.volume.current, 39_999 / 40_000)
})

test('a batch for later with countless mutes does not hold up the engine', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const click = await sample(flat(0.5, 1), flat(0.5, 1))
  engine.batch(() => {
    for (let i = 0; i < 200_000; i++) track.muted = i % 2 === 0
  }, { frame: 9000 })
  track.play(click, { at: { frame: 100 } })
  t.is(onset(channel(await play(1000), 0)), 100)
})
