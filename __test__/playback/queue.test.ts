// A control queue that runs over, and the limits that a session has.
import test from 'ava'
import { channel, flat, isHeard, stage, throwsCode } from './stage'

test('an overflow is counted and warned of once; every play sounds in order, every last value arrives', async (t) => {
  const { engine, play, sample } = await stage(t)
  const told: unknown[] = []
  engine.on('warning', (warning) => told.push(warning))
  const tracks = Array.from({ length: 8 }, () => engine.createTrack())
  const [clicks, levels] = [engine.createTrack(), engine.createTrack({ volume: 0 })]
  const click = await sample(flat(1 / 1024, 1), flat(1 / 1024, 1))
  const long = await sample(flat(1 / 64, 9000), flat(1 / 64, 9000))

  const voices = []
  for (let i = 0; i < 10_000; i++) {
    if (i < 300) voices.push(clicks.play(click, { at: { frame: 100 + 2 * i }, gain: i + 1 > 16 ? 16 - (i % 16) : i + 1 }))
    tracks[i % tracks.length]?.volume.set((i % 9973) / 4000, { ramp: 0 })
  }
  levels.volume.value = 0.5
  const last = tracks.map((track) => track.volume.value)
  t.is(new Set(last).size, tracks.length)

  const heard = channel(await play(1000), 0)
  isHeard(t, heard, (n) => {
    const i = (n - 100) / 2
    if (!Number.isInteger(i) || i < 0 || i >= 300) return 0
    return (i + 1 > 16 ? 16 - (i % 16) : i + 1) / 1024
  })
  t.deepEqual(
    await Promise.all(voices.map((voice) => voice.startedAt)),
    voices.map((_, i) => 100 + 2 * i),
  )
  t.deepEqual(tracks.map((track) => track.volume.current), last)
  for (const track of tracks) track.play(long)
  const sum = last.reduce((total, volume) => total + Math.fround(volume), 0) / 64
  isHeard(t, channel(await play(256), 0), () => sum, 2 ** -20)

  const { controlQueue, lateEvents } = engine.stats()
  t.is(controlQueue.capacity, 256)
  t.true(controlQueue.overflows > 0)
  t.true(controlQueue.maxDepth > 0 && controlQueue.maxDepth <= 256)
  t.true(controlQueue.pushed >= 300 + tracks.length)
  t.is(lateEvents, 0)
  t.like(told, [{ code: 'QUEUE_OVERFLOW' }])
  t.is(told.length, 1)
})

test('plays without a time sound on one frame, in order, though they do not fit the queue', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 400, controlCapacity: 16 })
  const track = engine.createTrack()
  const click = await sample(flat(1 / 512, 1), flat(1 / 512, 1))
  const voices = Array.from({ length: 300 }, () => track.play(click))
  isHeard(t, channel(await play(300), 0), (n) => (n === 0 ? 300 / 512 : 0))
  const ids: number[] = []
  engine.on('ended', (voice) => ids.push(voice.id))
  const more = Array.from({ length: 300 }, () => track.play(click))
  await play(300)
  t.deepEqual(ids, more.map((voice) => voice.id))
  t.true(voices.every((voice, i) => i === 0 || voice.id > (voices[i - 1]?.id ?? 0)))
  t.true(engine.stats().controlQueue.overflows >= 2 * (300 - 16))
})

test('a queue of one message delivers everything', async (t) => {
  const { engine, play, sample } = await stage(t, { controlCapacity: 1 })
  const track = engine.createTrack()
  const click = await sample(flat(0.25, 1), flat(0.25, 1))
  for (let i = 0; i < 50; i++) track.play(click, { at: { frame: 10 * i } })
  engine.batch(() => {
    track.volume.set(0.5, { ramp: 0 })
    track.play(click)
  }, { frame: 5 })
  isHeard(t, channel(await play(600), 0), (n) =>
    (n === 0 ? 0.25 : n === 5 ? 0.125 : n % 10 === 0 && n < 500 ? 0.125 : 0))
})

test('what the queue cannot take is counted when it is called, however far away its time is', async (t) => {
  const { engine, play, sample } = await stage(t, { controlCapacity: 4 })
  const track = engine.createTrack()
  const click = await sample(flat(1 / 64, 1), flat(1 / 64, 1))
  for (let i = 0; i < 40; i++) track.play(click, { at: { frame: 96_000 } })
  await play(1)
  const { overflows } = engine.stats().controlQueue
  t.true(overflows >= 36)
  const heard = channel(await play(100_000), 0)
  isHeard(t, heard, (n) => (n === 96_000 - 1 ? 40 / 64 : 0))
  t.is(engine.stats().controlQueue.overflows, overflows)
})

test('the event beyond maxEvents throws and changes nothing; values without a time never do', async (t) => {
  const { engine, play, sample } = await stage(t, { maxEvents: 10 })
  const track = engine.createTrack()
  const click = await sample(flat(0.25, 1), flat(0.25, 1))
  const voices = Array.from({ length: 10 }, (_, i) => track.play(click, { at: { frame: 100 * (i + 1) } }))
  const full = (call: () => unknown): void => {
    throwsCode(t, call, 'ERR_QUEUE_FULL', ['10'])
  }
  full(() => track.play(click))
  full(() => voices[0]?.stop())
  full(() => voices[0]?.pause())
  full(() => voices[0]?.resume())
  full(() => { track.stop() })
  full(() => { track.volume.set(0, { at: { frame: 5000 } }) })
  full(() => engine.batch(() => track.play(click)))
  full(() => { engine.batch(() => { track.volume.set(0) }, { frame: 5000 }) })
  t.is(track.volume.value, 1)
  for (let i = 0; i < 100; i++) track.volume.value = i / 100
  track.volume.set(1, { ramp: 0 })
  track.muted = true
  track.muted = false
  track.soloed = true
  const heard = channel(await play(350), 0)
  isHeard(t, heard, (n) => (n > 0 && n % 100 === 0 ? 0.25 : 0))

  // Three have taken effect: there is room for three.
  const more = [1, 2, 3].map(() => track.play(click, { at: { frame: 2000 } }))
  full(() => track.play(click))
  isHeard(t, channel(await play(3000), 0), (n) => {
    const frame = n + 350
    return frame === 2000 ? 0.75 : frame % 100 === 0 && frame <= 1000 ? 0.25 : 0
  })
  for (const voice of [...voices, ...more]) t.is((await voice.ended).reason, 'finished')
})

test('who plans ahead and changes his mind does not run out of events', async (t) => {
  const { engine, play, sample } = await stage(t, { maxEvents: 10 })
  const track = engine.createTrack()
  const click = await sample(flat(0.25, 1), flat(0.25, 1))
  for (let i = 0; i < 100; i++) {
    const voice = track.play(click, { at: 3600 })
    voice.gain.value = 0.5
    voice.stop()
    await play(16)
    t.is(await voice.startedAt, null)
    t.deepEqual(await voice.ended, { frame: 16 * i, reason: 'stopped' })
  }
  const kept = track.play(click, { at: { frame: 48_000 } })
  kept.gain.value = 0.5
  isHeard(t, channel(await play(50_000), 0), (n) => (n === 48_000 - 1600 ? 0.125 : 0))
  t.is(engine.stats().staleCommands, 0)
})

test('a track beyond maxTracks throws ERR_LIMIT and is not there', async (t) => {
  const { engine, play, sample } = await stage(t, { maxTracks: 2 })
  const tracks = [engine.createTrack(), engine.createTrack()]
  throwsCode(t, () => engine.createTrack(), 'ERR_LIMIT', ['2'])
  t.throws(() => engine.batch(() => engine.createTrack()))
  t.deepEqual(engine.tracks, tracks)
  tracks[1]?.play(await sample(flat(0.5, 10), flat(0.5, 10)))
  isHeard(t, channel(await play(10), 0), () => 0.5)
})

test('10,000 scheduled events sound each on its frame', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  const click = await sample(flat(0.5, 1), flat(0.5, 1))
  for (let i = 0; i < 10_000; i++) track.play(click, { at: { frame: 17 + 9 * ((i * 7919) % 10_000) } })
  const heard = channel(await play(90_100), 0)
  isHeard(t, heard, (n) => ((n - 17) % 9 === 0 && n >= 17 && n < 17 + 90_000 ? 0.5 : 0))
  t.is(engine.stats().lateEvents, 0)
})

test('the counters of stats() say what happened', async (t) => {
  const { engine, play, sample } = await stage(t)
  const track = engine.createTrack()
  await play(256 * 4 + 100)
  track.play(await sample(flat(0.5, 9000)), { at: { frame: 1 } })
  await play(256)
  const stats = engine.stats()
  t.like(stats, {
    callbacks: 6, frames: 1380, xruns: 0, lateEvents: 1, staleCommands: 0, voices: 1,
    stolenVoices: 0, deviceLosses: 0,
  })
  const { mean, p50, p99, max } = stats.load
  for (const load of [mean, p50, p99, max]) t.true(load >= 0 && Number.isFinite(load))
  t.true(p50 <= p99 && p99 <= max * 1.1 + 1e-9)
  t.deepEqual(stats.audioThread, { allocations: 0, frees: 0, blocked: null })
})
