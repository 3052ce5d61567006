// Recordings of what is played: each sample of the master or a track, from an exact frame on.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type RecordedFile, type Recording, type Track, render } from '../../index'
import { readWav } from '../capture/wav'
import { noise } from '../support/signal'
import { RATE, type Stage, ULP, channel, flat, isHeard, isSame, ramp, rejectsCode, stage } from '../playback/stage'
import { readFlac } from './flac'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-recording-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })
let files = 0
const newPath = (ending = '.wav'): string => path.join(dir, `${++files}${ending}`)

/** One channel of a file of floats. */
function lane(file: string, index: number): Float32Array {
  const { values, channels, frames } = readWav(file)
  return Float32Array.from({ length: frames }, (_, n) => values[n * channels + index] ?? NaN)
}

/** Compares a file of floats with what was played. */
function isPlayed(t: ExecutionContext, file: string, played: readonly Float32Array[]): void {
  t.like(readWav(file), { format: 'f32', channels: played.length, sampleRate: RATE, frames: played[0]?.length })
  for (const [index, one] of played.entries()) isSame(t, lane(file, index), one)
}

/** Steps in pieces, as a device would that nobody hurries; everything that was played. */
async function playInPieces({ play }: Stage, frames: number): Promise<Float32Array[]> {
  const pieces: Float32Array[][] = []
  for (let left = frames; left > 0; left -= 4800) pieces.push(await play(Math.min(left, 4800)))
  const [first = []] = pieces
  return first.map((_, c) => {
    const whole = new Float32Array(frames)
    let at = 0
    for (const piece of pieces) {
      whole.set(channel(piece, c), at)
      at += channel(piece, c).length
    }
    return whole
  })
}

/** A track that plays noise, panned, on a stage that moves its fader. */
async function noisy({ engine, sample }: Stage, seed: number): Promise<Track> {
  const track = engine.createTrack({ volume: 0.5, pan: -0.3 })
  track.play(await sample(noise(9000, seed), noise(9000, seed + 1)), { loop: true, gain: 0.8 })
  track.volume.set(0.9, { at: { frame: 5000 }, ramp: 0.2 })
  return track
}

test('engine.record holds what the engine plays, bit for bit, from the frame on at which it began', async (t) => {
  const one = await stage(t, {}, { blockSizes: [256, 7, 100] })
  const { engine } = one
  await noisy(one, 1)
  await noisy(one, 3)
  await one.play(1234)
  const file = newPath()
  const recording = await engine.record(file)
  t.is(recording.path, file)
  const played = await playInPieces(one, 20_007)
  t.deepEqual(await recording.stop(), { path: file, frames: 20_007, dropped: 0 })
  t.is(recording.frames, 20_007)
  await one.play(1000)
  isPlayed(t, file, played)
  t.true(channel(played, 0).some((x) => x !== 0))
})

test('engine.record and track.record go on in new files, whose join is what was played', async (t) => {
  const one = await stage(t)
  const track = await noisy(one, 21)
  const folder = path.join(dir, 'rotated')
  mkdirSync(folder)
  const told: RecordedFile[] = []
  const recordings = [
    await one.engine.record(path.join(folder, 'master.wav'), { rotate: { seconds: 1 }, onFile: (file) => told.push(file) }),
    await track.record(path.join(folder, 'track.wav'), { rotate: { bytes: 200_000 } }),
  ]
  const played = await playInPieces(one, 2 * RATE + 77)
  for (const recording of recordings) {
    const { frames, dropped } = await recording.stop()
    const { files } = recording
    t.deepEqual([frames, dropped], [2 * RATE + 77, 0])
    t.true(files.length > 2)
    for (const [index, whole] of played.entries()) {
      isSame(t, Float32Array.from(files.flatMap((file) => [...lane(file, index)])), whole)
    }
  }
  const names = [1, 2, 3].map((n) => path.join(folder, `master-000${n}.wav`))
  t.deepEqual(told, names.map((name, n) => ({ path: name, frames: n < 2 ? RATE : 77, startFrame: n * RATE })))
})

test('what is beyond the safety stage’s threshold is recorded as it left the engine', async (t) => {
  const one = await stage(t)
  const { engine, sample } = one
  const loud = noise(6000, 5).map((x) => 3 * x)
  const track = engine.createTrack()
  track.play(await sample(loud, loud))
  const [file, dry] = [newPath(), newPath()]
  const recordings = [await engine.record(file), await track.record(dry)]
  const played = await playInPieces(one, 6000)
  for (const recording of recordings) await recording.stop()
  isPlayed(t, file, played)
  t.true(channel(played, 0).every((x) => Math.abs(x) <= 1))
  // The track is before the master, and its safety stage.
  isPlayed(t, dry, [loud, loud])
})

test('a track is recorded after its effects, fader, pan and mute, and before what it feeds', async (t) => {
  const one = await stage(t)
  const { engine, sample } = one
  const bus = engine.createTrack({ volume: 0.25 })
  const track = engine.createTrack({ output: bus, volume: 0.5, pan: -1 })
  track.fx.add('gain', { gainDb: -20 })
  const other = engine.createTrack({ output: bus })
  const signal = noise(9000, 6)
  for (const each of [track, other]) each.play(await sample(signal, signal), { at: 0 })
  engine.master.volume.value = 0.5
  const paths = [newPath(), newPath()]
  const recordings = [await track.record(paths[0] ?? ''), await bus.record(paths[1] ?? '')]
  track.volume.set(1, { at: { frame: 2000 }, ramp: 0.01 })
  await playInPieces(one, 4000)
  track.muted = true
  await playInPieces(one, 2000)
  for (const recording of recordings) await recording.stop()
  const volume = (n: number): number => (n < 2000 ? 0.5 : ramp(0.5, 1, n - 2000, 480))
  const expected = (n: number): number =>
    (signal[n] ?? 0) * 0.1 * volume(n) * Math.SQRT2 * (n < 4000 ? 1 : ramp(1, 0, n - 4000, 240))
  isHeard(t, lane(paths[0] ?? '', 0), expected, 2 * ULP)
  isHeard(t, lane(paths[0] ?? '', 1), () => 0)
  isHeard(t, lane(paths[1] ?? '', 0), (n) => 0.25 * (expected(n) + (signal[n] ?? 0)), 2 * ULP)
  isHeard(t, lane(paths[1] ?? '', 1), (n) => 0.25 * (signal[n] ?? 0), 2 * ULP)
})

test('recordings begin and end each on its own frame', async (t) => {
  const one = await stage(t)
  const { engine } = one
  const track = await noisy(one, 7)
  const played: Float32Array[] = []
  const play = async (frames: number): Promise<void> => {
    const [left = new Float32Array()] = await playInPieces(one, frames)
    played.push(left)
  }
  const paths = [newPath(), newPath(), newPath()]
  const first = await engine.record(paths[0] ?? '')
  await play(1000)
  const second = await engine.master.record(paths[1] ?? '')
  const third = await track.record(paths[2] ?? '')
  await play(2001)
  t.is((await first.stop()).frames, 3001)
  await play(777)
  t.is((await second.stop()).frames, 2778)
  t.is((await third.stop()).frames, 2778)
  const whole = Float32Array.from(played.flatMap((part) => [...part]))
  isSame(t, lane(paths[0] ?? '', 0), whole.subarray(0, 3001))
  isSame(t, lane(paths[1] ?? '', 0), whole.subarray(1000))
  isSame(t, lane(paths[2] ?? '', 0), whole.subarray(1000))
})

test('integers are rounded half to even and clamped, in .wav and .flac', async (t) => {
  for (const [ending, format, bits] of [['.wav', 's16', 16], ['.wav', 's24', 24], ['.flac', 's16', 16], ['.flac', 's24', 24], ['.flac', undefined, 24]] as const) {
    const one = await stage(t, { safetyLimiter: false })
    const full = 2 ** (bits - 1)
    const cases: [number, number][] = [
      [0, 0], [0.5 / full, 0], [1.5 / full, 2], [2.5 / full, 2], [-0.5 / full, 0], [-1.5 / full, -2],
      [0.51 / full, 1], [1, full - 1], [-1, -full], [2, full - 1], [-3, -full], [-0.75, -0.75 * full],
    ]
    const signal = Float32Array.from(cases, ([value]) => value)
    one.engine.createTrack().play(await one.sample(signal, signal))
    const file = newPath(ending)
    const recording = await one.engine.record(file, format && { format })
    await one.play(cases.length)
    t.deepEqual(await recording.stop(), { path: file, frames: cases.length, dropped: 0 })
    const found = ending === '.flac' ? readFlac(file).values[1] : readWav(file).values.filter((_, n) => n % 2 === 1)
    t.deepEqual([...(found ?? [])].map((value) => value + 0), cases.map(([, integer]) => integer), `${format ?? ''}${ending}`)
  }
})

for (const ending of ['.wav', '.flac']) {
  test(`a step of many seconds at once is in the ${ending} file, every sample of it`, async (t) => {
    const one = await stage(t)
    const track = await noisy(one, 9)
    const file = newPath(ending)
    // Nobody reads it, so nobody waits for it.
    const idle = track.readable()
    const options = ending === '.flac' ? ({ format: 's24' } as const) : {}
    const recording = await one.engine.record(file, options)
    const played = await one.play(20 * RATE)
    t.deepEqual(await recording.stop(), { path: file, frames: 20 * RATE, dropped: 0 })
    idle.destroy()
    if (ending === '.wav') isPlayed(t, file, played)
    else {
      const { values } = readFlac(file)
      for (const c of [0, 1]) {
        const isOff = (x: number, n: number): boolean =>
          !(Math.abs(Math.min(x * 2 ** 23, 2 ** 23 - 1) - (values[c]?.[n] ?? NaN)) <= 0.5)
        t.is(channel(played, c).findIndex(isOff), -1)
      }
    }
  })
}

test('a render is recorded, every sample of it, in blocks of any size', async (t) => {
  for (const blockSize of [64, 8192]) {
    const sound = noise(9000, 21)
    const paths = [newPath(), newPath()]
    const recordings: Recording[] = []
    const { channelData } = await render({ duration: 15, sampleRate: RATE, blockSize }, async (engine) => {
      const track = engine.createTrack({ volume: 0.5, pan: 0.4 })
      track.play(await engine.load({ channelData: [sound, sound], sampleRate: RATE }), { loop: true })
      recordings.push(await engine.record(paths[0] ?? ''), await track.record(paths[1] ?? ''))
    })
    for (const recording of recordings) t.like(await recording.stop(), { frames: 15 * RATE, dropped: 0 })
    for (const file of paths) isPlayed(t, file, channelData)
  }
})

test('closing the engine completes the file', async (t) => {
  const one = await stage(t)
  await noisy(one, 11)
  const file = newPath()
  const recording = await one.engine.record(file)
  const played = await playInPieces(one, 9999)
  await one.engine.close()
  isPlayed(t, file, played)
  t.deepEqual(await recording.stop(), { path: file, frames: 9999, dropped: 0 })
})

test('an abort ends a recording as stop() does; aborted already, there is no file', async (t) => {
  const one = await stage(t)
  await noisy(one, 13)
  const file = newPath()
  const controller = new AbortController()
  const recording = await one.engine.record(file, { signal: controller.signal })
  const played = await playInPieces(one, 5000)
  controller.abort()
  t.deepEqual(await recording.stop(), { path: file, frames: 5000, dropped: 0 })
  isPlayed(t, file, played)
  const never = newPath()
  await t.throwsAsync(one.engine.record(never, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  t.false(existsSync(never))
})

test('stop() may be called again, and an empty recording is a file without frames', async (t) => {
  const one = await stage(t)
  for (const ending of ['.wav', '.flac']) {
    const file = newPath(ending)
    const recording = await one.engine.record(file)
    const result = { path: file, frames: 0, dropped: 0 }
    t.deepEqual(await Promise.all([recording.stop(), recording.stop()]), [result, result])
    t.is(ending === '.wav' ? readWav(file).frames : readFlac(file).frames, 0)
  }
})

test('a recording begun in a batch is of what follows; in one that throws it is not begun', async (t) => {
  const one = await stage(t)
  const { engine, sample } = one
  const track = engine.createTrack()
  const signal = noise(3000, 15)
  const sound = await sample(signal, signal)
  await one.play(100)
  const file = newPath()
  let begun: Promise<Recording> | undefined
  engine.batch(() => {
    track.play(sound)
    begun = track.record(file)
  })
  await playInPieces(one, 3000)
  t.deepEqual(await (await begun)?.stop(), { path: file, frames: 3000, dropped: 0 })
  isSame(t, lane(file, 0), signal)
  const never = newPath()
  let undone: Promise<unknown> | undefined
  t.throws(() => engine.batch(() => {
    undone = track.record(never)
    throw new Error('from inside')
  }))
  await t.throwsAsync(undone ?? Promise.resolve())
  t.false(existsSync(never))
})

test('what cannot be recorded rejects with its code, and leaves no file', async (t) => {
  const one = await stage(t)
  const { engine } = one
  const track = engine.createTrack()
  const empty = path.join(dir, 'empty')
  mkdirSync(empty)
  for (const bad of [undefined, '', 5, path.join(empty, 'a.mp3'), path.join(empty, 'a')]) {
    await rejectsCode(t, engine.record(bad as string), 'ERR_INVALID_ARG', ['path'])
    await rejectsCode(t, track.record(bad as string), 'ERR_INVALID_ARG', ['path'])
  }
  await rejectsCode(t, engine.record(path.join(empty, 'a.wav'), { format: 'f64' as never }), 'ERR_INVALID_ARG', ['format'])
  await rejectsCode(t, engine.record(path.join(empty, 'a.flac'), { format: 'f32' }), 'ERR_INVALID_ARG', ['format'])
  await rejectsCode(t, engine.record(path.join(empty, 'none', 'a.wav')), 'ERR_NOT_FOUND', ['a.wav'])
  track.remove()
  await rejectsCode(t, track.record(path.join(empty, 'a.wav')), 'ERR_INVALID_STATE')
  await engine.close()
  await rejectsCode(t, engine.record(path.join(empty, 'a.wav')), 'ERR_CLOSED')
  t.deepEqual(readdirSync(empty), [])
})

test('many tracks at once are each in their own file', async (t) => {
  const one = await stage(t)
  const { engine, sample } = one
  const tracks = Array.from({ length: 16 }, () => engine.createTrack({ volume: 0.5 }))
  const sounds = await Promise.all(tracks.map((_, i) => sample(flat((i + 1) / 64, 9600), flat(-(i + 1) / 64, 9600))))
  const paths = tracks.map(() => newPath())
  const recordings = await Promise.all(tracks.map((track, i) => track.record(paths[i] ?? '')))
  for (const [i, sound] of sounds.entries()) tracks[i]?.play(sound, { at: { frame: 100 * i } })
  await playInPieces(one, 9600)
  for (const [i, recording] of recordings.entries()) {
    t.like(await recording.stop(), { frames: 9600, dropped: 0 })
    isHeard(t, lane(paths[i] ?? '', 1), (n) => (n < 100 * i ? 0 : -(i + 1) / 128))
  }
})
