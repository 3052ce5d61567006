// What a track plays as a Node stream: whole frames, every one of them or told.
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import test, { type ExecutionContext } from 'ava'
import type { PcmReadable } from '../../index'
import { until } from '../capture/stand'
import { noise } from '../support/signal'
import { RATE, type Stage, ULP, channel, isHeard, isSame, ramp, stage, throwsCode } from '../playback/stage'

/** Collects what a stream delivers until it ends. */
function collect(stream: Readable): { pushes: Buffer[]; ended: Promise<void> } {
  const pushes: Buffer[] = []
  stream.on('data', (bytes: Buffer) => pushes.push(bytes))
  return { pushes, ended: finished(stream) }
}

/** One channel of interleaved floats. */
function lane(pushes: readonly Buffer[], index: number, channels = 2): Float32Array {
  const bytes = Buffer.concat(pushes)
  return Float32Array.from({ length: bytes.length / 4 / channels }, (_, n) => bytes.readFloatLE(4 * (n * channels + index)))
}

function isBalanced(t: ExecutionContext, stream: PcmReadable): void {
  const { received, delivered, dropped, buffered } = stream.stats()
  t.is(received, delivered + dropped + buffered)
  t.is(dropped % 2, 0, 'losses are whole frames')
}

async function looped({ engine, sample }: Stage, seed: number): Promise<[left: Float32Array, right: Float32Array]> {
  const [left, right] = [noise(7000, seed), noise(7000, seed + 1)]
  engine.createTrack().play(await sample(left, right), { at: 0, loop: true })
  return [left, right]
}

test('a stream is what the track plays, bit for bit, from the frame on at which it was made, in whole frames', async (t) => {
  const one = await stage(t, {}, { blockSizes: [256, 7, 100] })
  const { engine, play } = one
  const [left, right] = await looped(one, 1)
  await play(1234)
  const [track] = engine.tracks
  if (!track) throw new Error('a track')
  const stream = track.readable()
  t.true(stream instanceof Readable)
  t.false(stream.readableObjectMode)
  const { pushes, ended } = collect(stream)
  for (let i = 0; i < 10; i++) await play(1001)
  await engine.close()
  await ended
  t.true(pushes.every((bytes) => bytes.length > 0 && bytes.length % 8 === 0))
  for (const [c, source] of [left, right].entries()) {
    isSame(t, lane(pushes, c), Float32Array.from({ length: 10_010 }, (_, n) => source[(n + 1234) % 7000] ?? NaN))
  }
  t.deepEqual(stream.stats(), { received: 20_020, delivered: 20_020, dropped: 0, buffered: 0 })
})

test('the master’s is what the engine plays, after the safety stage', async (t) => {
  const one = await stage(t)
  const { engine, play, sample } = one
  const loud = noise(6000, 3).map((x) => 4 * x)
  engine.createTrack().play(await sample(loud, loud))
  const { pushes, ended } = collect(engine.master.readable())
  const played = [await play(3000), await play(3000)]
  await engine.close()
  await ended
  const heard = lane(pushes, 1)
  for (const [i, part] of played.entries()) isSame(t, heard.subarray(3000 * i, 3000 * (i + 1)), channel(part, 1))
  t.true(heard.every((x) => Math.abs(x) <= 1))
})

test('a track’s is after its effects, fader and mute, and before what it feeds', async (t) => {
  const { engine, play, sample } = await stage(t)
  const bus = engine.createTrack({ volume: 0.25 })
  const track = engine.createTrack({ output: bus, volume: 0.5 })
  track.fx.add('gain', { gainDb: -20 })
  const signal = noise(9000, 5)
  track.play(await sample(signal, signal))
  engine.master.muted = true
  const streams = [collect(track.readable()), collect(bus.readable())]
  track.volume.set(1, { at: { frame: 2000 }, ramp: 0.01 })
  await play(4000)
  track.muted = true
  await play(2000)
  await engine.close()
  await Promise.all(streams.map(({ ended }) => ended))
  const expected = (n: number): number => {
    const volume = n < 2000 ? 0.5 : ramp(0.5, 1, n - 2000, 480)
    return (signal[n] ?? 0) * 0.1 * volume * (n < 4000 ? 1 : ramp(1, 0, n - 4000, 240))
  }
  for (const [i, factor] of [1, 0.25].entries()) {
    const heard = lane(streams[i]?.pushes ?? [], 0)
    t.is(heard.length, 6000)
    isHeard(t, heard, (n) => factor * expected(n), 2 * ULP)
  }
})

test('s16 rounds half to even, and clamps', async (t) => {
  const { engine, play, sample } = await stage(t, { safetyLimiter: false })
  const step = 1 / 32_768
  const cases: [number, number][] = [
    [0, 0], [0.5 * step, 0], [1.5 * step, 2], [2.5 * step, 2], [-0.5 * step, 0], [-1.5 * step, -2],
    [0.51 * step, 1], [32_766.5 * step, 32_766], [1, 32_767], [-1, -32_768], [5, 32_767], [-5, -32_768],
  ]
  const signal = Float32Array.from(cases, ([value]) => value)
  const track = engine.createTrack()
  track.play(await sample(signal, signal))
  const { pushes, ended } = collect(track.readable({ format: 's16' }))
  await play(cases.length)
  await engine.close()
  await ended
  const bytes = Buffer.concat(pushes)
  t.is(bytes.length, 4 * cases.length)
  t.deepEqual(cases.map((_, n) => bytes.readInt16LE(4 * n + 2)), cases.map(([, integer]) => integer))
})

test('who does not read loses nothing unnoticed: the time axis is whole and the loss is counted', async (t) => {
  const one = await stage(t)
  const { engine, play } = one
  const [left] = await looped(one, 6)
  const [track] = engine.tracks
  const stream = track?.readable()
  if (!stream) throw new Error('a stream')
  const seconds = 20
  for (let i = 0; i < seconds; i++) {
    await play(RATE)
    isBalanced(t, stream)
  }
  const { received, dropped } = stream.stats()
  t.true(received <= 2 * seconds * RATE)
  t.true(dropped > 0, 'what waits natively is bounded')
  const { pushes, ended } = collect(stream)
  // What makes no chunk yet waits for more.
  await until(t, 'what waited was read', () => stream.stats().buffered < 2 * 960)
  await play(1000)
  await engine.close()
  await ended
  const heard = lane(pushes, 0)
  t.is(heard.length, seconds * RATE + 1000)
  let missing = 0
  for (const [n, x] of heard.entries()) {
    if (x === left[n % 7000]) continue
    if (x !== 0) return t.fail(`frame ${n}: ${x}`)
    missing += 1
  }
  t.is(2 * missing, stream.stats().dropped)
  t.is(stream.stats().delivered, 2 * (heard.length - missing))
  isBalanced(t, stream)
})

test('spliced, what was lost leaves no silence', async (t) => {
  const one = await stage(t)
  const { engine, play } = one
  await looped(one, 8)
  const stream = engine.master.readable({ gaps: 'splice' })
  await play(20 * RATE)
  const { pushes, ended } = collect(stream)
  await engine.close()
  await ended
  const { dropped, delivered } = stream.stats()
  t.is(lane(pushes, 0).length, delivered / 2)
  t.is(delivered + dropped, 2 * 20 * RATE)
  t.true(lane(pushes, 0).every((x) => x !== 0))
})

test('JavaScript keeps no more than the stream’s mark; a slow reader gets everything within the queue', async (t) => {
  const one = await stage(t)
  const { engine, play } = one
  const [left] = await looped(one, 10)
  const stream = engine.master.readable({ highWaterMark: 4096 })
  stream.once('readable', () => undefined)
  const heard: Buffer[] = []
  for (let i = 0; i < 40; i++) {
    await play(2400)
    // One chunk of 20 ms may stand above the mark.
    t.true(stream.readableLength <= 4096 + 960 * 8, `${stream.readableLength} bytes`)
    const bytes = stream.read() as Buffer | null
    if (bytes) heard.push(bytes)
  }
  await engine.close()
  for await (const bytes of stream) heard.push(bytes as Buffer)
  t.is(stream.stats().dropped, 0)
  isSame(t, lane(heard, 0), Float32Array.from({ length: 96_000 }, (_, n) => left[n % 7000] ?? NaN))
})

test('destroy() detaches and disturbs nobody', async (t) => {
  const one = await stage(t)
  const { engine, play } = one
  const [left] = await looped(one, 12)
  const [gone, kept] = [engine.master.readable(), engine.master.readable()]
  const { pushes, ended } = collect(kept)
  await play(1000)
  gone.destroy()
  await finished(gone).catch(() => undefined)
  t.true(gone.destroyed)
  const before = gone.stats()
  await play(3000)
  t.deepEqual(gone.stats(), before)
  isBalanced(t, gone)
  // So does leaving a loop.
  const broken = engine.master.readable()
  await play(1000)
  for await (const bytes of broken) {
    t.true((bytes as Buffer).length > 0)
    break
  }
  t.true(broken.destroyed)
  await engine.close()
  await ended
  isSame(t, lane(pushes, 0), left.subarray(0, 5000))
})

test('streams can be made and destroyed without end', async (t) => {
  const one = await stage(t)
  const { engine, play } = one
  await looped(one, 14)
  const [track] = engine.tracks
  if (!track) throw new Error('a track')
  for (let i = 0; i < 300; i++) {
    const stream = i % 2 === 0 ? track.readable() : engine.master.readable()
    if (i % 3 > 0) await play(64)
    stream.destroy()
    await finished(stream).catch(() => undefined)
  }
  const { pushes, ended } = collect(track.readable())
  await play(500)
  await engine.close()
  await ended
  t.is(lane(pushes, 0).length, 500)
})

test('an abort destroys the stream with an AbortError', async (t) => {
  const one = await stage(t)
  await looped(one, 16)
  const controller = new AbortController()
  const stream = one.engine.master.readable({ signal: controller.signal })
  const ended = t.throwsAsync(finished(stream.resume()), { name: 'AbortError' })
  await one.play(1000)
  controller.abort()
  await ended
  const already = one.engine.master.readable({ signal: AbortSignal.abort() })
  await t.throwsAsync(finished(already.resume()), { name: 'AbortError' })
})

test('the stream of a track that is removed ends', async (t) => {
  const one = await stage(t)
  const [left] = await looped(one, 18)
  const [track] = one.engine.tracks
  if (!track) throw new Error('a track')
  const { pushes, ended } = collect(track.readable())
  await one.play(1000)
  track.remove()
  await one.play(2000)
  await ended
  const heard = lane(pushes, 0)
  t.true(heard.length >= 1480)
  isHeard(t, heard, (n) => (left[n] ?? 0) * (n < 1000 ? 1 : ramp(1, 0, n - 1000, 480)), 2 * ULP)
})

test('pipeline() takes it anywhere', async (t) => {
  const one = await stage(t)
  const { engine, play } = one
  const [left] = await looped(one, 20)
  const parts: Buffer[] = []
  const done = pipeline(engine.master.readable(), async (source: AsyncIterable<Buffer>) => {
    for await (const bytes of source) parts.push(bytes)
  })
  for (let i = 0; i < 5; i++) await play(1000)
  await engine.close()
  await done
  isSame(t, lane(parts, 0), left.subarray(0, 5000))
})

test('options that are none throw, and so does a closed engine', async (t) => {
  const { engine } = await stage(t)
  const track = engine.createTrack()
  for (const [options, code, name] of [
    [{ format: 'f64' }, 'ERR_INVALID_ARG', 'format'], [{ highWaterMark: '1' }, 'ERR_INVALID_ARG', 'highWaterMark'],
    [{ highWaterMark: -1 }, 'ERR_OUT_OF_RANGE', 'highWaterMark'], [{ gaps: 'none' }, 'ERR_INVALID_ARG', 'gaps'],
    [{ signal: {} }, 'ERR_INVALID_ARG', 'signal'], [{ chunk: 5 }, 'ERR_INVALID_ARG', 'chunk'], [null, 'ERR_INVALID_ARG', ''],
  ] as const) throwsCode(t, () => track.readable(options as never), code, [name])
  track.remove()
  throwsCode(t, () => track.readable(), 'ERR_INVALID_STATE')
  await engine.close()
  throwsCode(t, () => engine.master.readable(), 'ERR_CLOSED')
})
