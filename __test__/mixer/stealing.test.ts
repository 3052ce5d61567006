// More voices than there is room for: who gives way, how, and who is told.
import test from 'ava'
import type { Track, Voice } from '../../index'
import { ULP, channel, flat, isHeard, ramp, stage } from '../playback/stage'

/** Frames of the fade of a voice that is stolen: 5 ms. */
const FADE = 240

/** Whether a promise has settled by now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending
}

/** Which of the voices have been stolen, and their ends. */
async function stolen(voices: readonly Voice[]): Promise<[index: number, frame: number][]> {
  const found: [number, number][] = []
  for (const [index, voice] of voices.entries()) {
    if (!(await settled(voice.ended))) continue
    const { frame, reason } = await voice.ended
    if (reason === 'stolen') found.push([index, frame])
  }
  return found
}

test('256 voices sound, and the 257th takes the place of the quietest', async (t) => {
  const { engine, play, sample } = await stage(t)
  const long = await sample(flat(1 / 64, 20_000), flat(1 / 64, 20_000))
  const track = engine.createTrack()
  // Gains 1/64 apart, in an order that has nothing to do with them.
  const gains = Array.from({ length: 256 }, (_, i) => (1 + ((i * 7 + 117) % 256)) / 64)
  const quietest = gains.indexOf(Math.min(...gains))
  const voices = gains.map((gain) => track.play(long, { at: 0, gain }))
  voices.push(track.play(long, { at: { frame: 1000 }, gain: 1 }))
  await play(1000)
  t.like(engine.stats(), { voices: 256, stolenVoices: 0 })
  await play(1000)
  t.deepEqual(await stolen(voices), [[quietest, 1000 + FADE - 1]])
  t.like(engine.stats(), { voices: 256, stolenVoices: 1 })
})

test('it fades over 5 ms while the new voice starts', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 2 })
  const long = await sample(flat(0.5, 20_000), flat(0.5, 20_000))
  const track = engine.createTrack()
  for (const gain of [0.5, 0.25]) track.play(long, { at: 0, gain })
  track.play(long, { at: { frame: 700 }, gain: 0.125 })
  isHeard(t, channel(await play(3000), 0), (n) =>
    (n < 700 ? 0.25 + 0.125 : 0.25 + 0.125 * ramp(1, 0, n - 700, FADE) + 0.0625), ULP)
})

test('of equals the oldest goes', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 4 })
  const long = await sample(flat(0.1, 20_000))
  const track = engine.createTrack()
  const voices = [0, 1, 2, 3, 1000, 2000, 3000].map((frame) => track.play(long, { at: { frame } }))
  await play(6000)
  t.deepEqual(await stolen(voices), [1000, 2000, 3000].map((frame, i) => [i, frame + FADE - 1]))
})

test('the volume of the track counts, as it is at that frame', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 3 })
  const long = await sample(flat(0.1, 20_000))
  const [loud, quiet] = [engine.createTrack({ volume: 2 }), engine.createTrack({ volume: 0.1 })]
  const voices = [
    loud.play(long, { at: 0, gain: 0.2 }),
    quiet.play(long, { at: 0, gain: 1 }),
    loud.play(long, { at: 0, gain: 1 }),
    loud.play(long, { at: { frame: 1000 }, gain: 1 }),
    loud.play(long, { at: { frame: 3000 }, gain: 1 }),
    loud.play(long, { at: { frame: 5000 }, gain: 1 }),
  ]
  // What is heard of them: 0.4, 0.1 and 2, which comes down to 0.3.
  voices[2]?.gain.set(0.15, { at: { frame: 4000 }, ramp: 0.01 })
  await play(8000)
  t.deepEqual(await stolen(voices), [[0, 3000 + FADE - 1], [1, 1000 + FADE - 1], [2, 5000 + FADE - 1]])
})

test('a voice that fades out anyway is quiet', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 2 })
  const long = await sample(flat(0.1, 20_000))
  const track = engine.createTrack()
  const voices = [track.play(long, { at: 0, gain: 1 }), track.play(long, { at: 0, gain: 0.5 })]
  // At frame 1,000 it has come down to a quarter.
  voices[0]?.stop({ at: { frame: 100 }, fade: 1200 / 48_000 })
  voices.push(track.play(long, { at: { frame: 1000 }, gain: 1 }))
  await play(3000)
  const end = await voices[0]?.ended
  t.true(end !== undefined && end.frame <= 1000 + FADE - 1)
  t.deepEqual((await stolen(voices)).filter(([index]) => index > 0), [])
  t.is(engine.stats().stolenVoices, 1)
})

test('many at once take the places of as many, quietest first', async (t) => {
  for (const blockSizes of [[256], [1], [4096]]) {
    const { engine, play, sample } = await stage(t, { maxVoices: 32 }, { blockSizes })
    const long = await sample(flat(1 / 256, 20_000), flat(1 / 256, 20_000))
    const track = engine.createTrack()
    const voices = Array.from({ length: 32 }, (_, i) => track.play(long, { at: 0, gain: (1 + ((i * 5) % 32)) / 32 }))
    engine.batch(() => {
      for (let i = 0; i < 10; i++) voices.push(track.play(long, { gain: 4 }))
    }, { frame: 500 })
    await play(5000)
    const gone = (await stolen(voices)).map(([index]) => index)
    const expected = [...Array(32).keys()].filter((i) => (i * 5) % 32 < 10)
    t.deepEqual(gone, expected)
    t.like(engine.stats(), { voices: 32, stolenVoices: 10 })
  }
})

test('a voice can be stolen on the frame after its start, and a newcomer may be the quietest', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 1 })
  const long = await sample(flat(0.5, 20_000), flat(0.5, 20_000))
  const track = engine.createTrack()
  const voices = [1, 0.5, 0.25].map((gain, i) => track.play(long, { at: { frame: 100 + i }, gain }))
  const heard = channel(await play(2000), 0)
  t.deepEqual(await stolen(voices), [[0, 101 + FADE - 1], [1, 102 + FADE - 1]])
  isHeard(t, heard, () => 0.125, 0, 102 + FADE)
  t.deepEqual(await Promise.all(voices.map((voice) => voice.startedAt)), [100, 101, 102])
})

test("'ended' tells of the stolen ones, and commands for them are stale", async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 1 })
  const long = await sample(flat(0.5, 20_000))
  const track = engine.createTrack()
  const ended: Voice[] = []
  engine.on('ended', (voice) => ended.push(voice))
  const [first] = [track.play(long, { at: 0 }), track.play(long, { at: { frame: 100 } })]
  await play(1000)
  t.deepEqual(ended, [first])
  first.stop()
  await play(1000)
  t.is(engine.stats().staleCommands, 1)
  t.is(engine.stats().voices, 1)
})

test('a thousand voices over 16 places: everyone ends once, the places are all in use', async (t) => {
  const { engine, play, sample } = await stage(t, { maxVoices: 16 })
  const long = await sample(flat(0.01, 400_000))
  const tracks: Track[] = [1, 0.5].map((volume) => engine.createTrack({ volume }))
  const voices = Array.from({ length: 1000 }, (_, i) =>
    (tracks[i % 2] as Track).play(long, { at: { frame: 13 * i }, gain: 0.5 + ((i * 37) % 100) / 100 }))
  // The rule of the contract, played through by itself.
  const level = (i: number): number => (0.5 + ((i * 37) % 100) / 100) * (i % 2 === 0 ? 1 : 0.5)
  const sounding: number[] = []
  const expected = new Map<number, number>()
  for (let i = 0; i < 1000; i++) {
    if (sounding.length === 16) {
      const victim = sounding.reduce((least, one) => (level(one) < level(least) ? one : least))
      sounding.splice(sounding.indexOf(victim), 1)
      expected.set(victim, 13 * i + FADE - 1)
    }
    sounding.push(i)
  }
  await play(14_000)
  t.deepEqual(new Map(await stolen(voices)), new Map([...expected].toSorted(([a], [b]) => a - b)))
  t.like(engine.stats(), { voices: 16, stolenVoices: 984 })
  await engine.close()
  const reasons = await Promise.all(voices.map(async (voice) => (await voice.ended).reason))
  t.is(reasons.filter((reason) => reason === 'closed').length, 16)
})
