// Rendering: the same graph, not in real time.
import test from 'ava'
import { Engine, type ErrorCode, type OfflineEngine, type RenderOptions, type Voice, render } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { noise, wavFile } from '../support/signal'
import { RATE, ULP, channel, flat, isHeard, isSame, rejectsCode, stage, throwsCode } from '../playback/stage'

/** A little of everything, without times that depend on when it is called. */
async function perform(engine: OfflineEngine): Promise<void> {
  const stereo = await engine.load({ channelData: [noise(9000, 1), noise(9000, 2)], sampleRate: RATE })
  const mono = await engine.load({ channelData: [noise(4000, 3)], sampleRate: RATE })
  const bus = engine.createTrack({ volume: 0.7, name: 'bus' })
  const tracks = [0.5, 0.3, 0.4].map((volume, i) => engine.createTrack({ volume, pan: i - 1, output: bus }))
  const [one, two, three] = tracks
  if (!one || !two || !three) throw new Error('three tracks')
  one.fx.add('filter', { type: 'lowpass', frequency: 900 }).params.frequency.set(4000, { at: 0.05, ramp: 0.1 })
  bus.fx.add('gain', { gainDb: -3 }).setBypass(true, { at: { beat: 0.5 } })
  two.send(three, 0.25).gain.automate([{ at: { frame: 3000 }, value: 1 }, { at: { frame: 9001 }, value: 0.1 }])
  const first = one.play(stereo, { loop: true, rate: 1.25 })
  first.pause({ at: { beat: 0.4 } })
  first.resume({ at: { beat: 0.8 } })
  two.play(mono, { at: { beat: 0.25 }, fadeIn: 0.02, fadeOut: 0.03 })
  three.play(stereo, { at: { frame: 5001 }, offset: 0.04 }).stop({ at: 0.25 })
  engine.transport.tempo = 173
  engine.transport.loop = { start: 0, end: 0.9 }
  engine.transport.start({ frame: 33 })
  engine.batch(() => {
    three.muted = true
    two.play(mono)
  }, { frame: 15_001 })
}

test('it is what a live engine plays, bit for bit', async (t) => {
  const frames = 20_000
  const rendered = await render({ duration: frames / RATE }, perform)
  const device = createVirtualDevice({ blockSizes: [256, 7, 511] })
  const engine = await Engine.open({ device: device.id })
  await perform(engine)
  await device.step(frames)
  const live = device.output().channelData
  await engine.close()
  device.close()
  t.is(rendered.channelData.length, 2)
  for (const [index, one] of rendered.channelData.entries()) isSame(t, channel(live, index), one)
  t.true(rendered.peak > 0.1)
})

test('the result has the channels, the rate and the frames that were asked for', async (t) => {
  const cases: [RenderOptions, frames: number, channels: number, rate: number][] = [
    [{ duration: 0.1 }, 4800, 2, 48_000],
    [{ duration: 1 / 3, sampleRate: 44_100 }, 14_700, 2, 44_100],
    [{ duration: 0.012_345_6, channels: 1 }, 593, 1, 48_000],
    [{ duration: 1 / 96_000, sampleRate: 96_000, channels: 6 }, 1, 6, 96_000],
    [{ duration: 0.5, sampleRate: 8000, blockSize: 1 }, 4000, 2, 8000],
    [{ duration: 0.5, sampleRate: 8000, blockSize: 8192 }, 4000, 2, 8000],
  ]
  for (const [options, frames, channels, sampleRate] of cases) {
    const result = await render(options, async (engine) => {
      t.like(engine, { sampleRate, channels, currentFrame: 0, currentTime: 0 })
      const sound = await engine.load({ channelData: Array.from({ length: channels }, (_, i) => noise(9000, i)), sampleRate })
      engine.createTrack().play(sound)
    })
    t.like(result, { frames, sampleRate })
    t.is(result.channelData.length, channels)
    const last = Math.min(frames, 9000)
    for (const [i, one] of result.channelData.entries()) {
      t.true(one instanceof Float32Array)
      isSame(t, one.subarray(0, last), noise(9000, i).subarray(0, last))
      t.is(one.length, frames)
    }
  }
})

test('what is called without a time is at frame 0, events after the end are not heard', async (t) => {
  const { channelData, stats } = await render({ duration: 0.1 }, async (engine) => {
    const long = await engine.load({ channelData: [flat(0.5, 9000), flat(0.5, 9000)], sampleRate: RATE })
    const track = engine.createTrack()
    track.play(long)
    track.volume.value = 0.5
    engine.createTrack().play(long, { at: { frame: 4800 } })
    engine.createTrack().play(long, { at: 3600 })
  })
  isHeard(t, channel(channelData, 0), () => 0.25)
  t.like(stats, { frames: 4800, lateEvents: 0, staleCommands: 0, xruns: 0, deviceLosses: 0, stolenVoices: 0 })
  t.like(stats.audioThread, { allocations: 0, frees: 0 })
})

test('promises of voices settle after build, events are told', async (t) => {
  const voices: Voice[] = []
  const ended: Voice[] = []
  let settledInside = false
  const { stats } = await render({ duration: 0.1 }, async (engine) => {
    engine.on('ended', (voice) => ended.push(voice))
    const sound = await engine.load({ channelData: [flat(0.1, 1000)], sampleRate: RATE })
    const track = engine.createTrack()
    for (const frame of [500, 0, 4000, 9000]) voices.push(track.play(sound, { at: { frame } }))
    voices[1]?.stop({ at: { frame: 300 }, fade: 0 })
    for (const voice of voices) void Promise.race([voice.startedAt, voice.ended]).then(() => (settledInside = true))
    await new Promise(setImmediate)
    t.false(settledInside)
  })
  t.deepEqual(await Promise.all(voices.map((voice) => voice.startedAt)), [500, 0, 4000, null])
  t.deepEqual(await Promise.all(voices.slice(0, 2).map((voice) => voice.ended)), [
    { frame: 1500, reason: 'finished' }, { frame: 300, reason: 'stopped' },
  ])
  for (const voice of voices.slice(2)) t.is((await voice.ended).reason, 'closed')
  t.deepEqual(ended.slice(0, 2), [voices[1], voices[0]])
  t.is(stats.lateEvents, 0)
})

test('an offline engine has no device, and nothing that belongs to one', async (t) => {
  const absent = ['device', 'suspend', 'resume', 'close', 'bufferSize', 'outputLatency']
  const present = ['sampleRate', 'channels', 'currentFrame', 'currentTime', 'graphLatency', 'master', 'tracks', 'transport',
    'load', 'createTrack', 'batch', 'stats', 'warnings', 'on', 'once', 'off']
  await render({ duration: 0.01 }, (engine) => {
    for (const name of absent) t.false(name in engine, name)
    for (const name of present) t.true(name in engine, name)
    t.is(engine.graphLatency, 0)
  })
})

test('when it has rendered, its engine is closed', async (t) => {
  let kept: OfflineEngine | undefined
  const { stats } = await render({ duration: 0.01 }, (engine) => { kept = engine })
  const engine = kept as OfflineEngine
  throwsCode(t, () => engine.createTrack(), 'ERR_CLOSED')
  throwsCode(t, () => { engine.transport.start() }, 'ERR_CLOSED')
  throwsCode(t, () => { engine.master.volume.set(0) }, 'ERR_CLOSED')
  await rejectsCode(t, engine.load({ channelData: [flat(0, 1)], sampleRate: RATE }), 'ERR_CLOSED')
  t.deepEqual(engine.stats().frames, stats.frames)
})

test('what build throws is what render rejects with, at once or later', async (t) => {
  const error = new Error('from inside')
  const fail = (): never => { throw error }
  t.is(await t.throwsAsync(render({ duration: 1 }, fail)), error)
  t.is(await t.throwsAsync(render({ duration: 1 }, async () => {
    await new Promise(setImmediate)
    fail()
  })), error)
  await rejectsCode(t, render({ duration: 1, maxTracks: 1 }, (engine) => {
    engine.createTrack()
    engine.createTrack()
  }), 'ERR_LIMIT', ['1'])
  await rejectsCode(t, render({ duration: 1 }, async (engine) => { await engine.load('not-there.wav') }), 'ERR_NOT_FOUND')
})

test('options that are none reject before build is called', async (t) => {
  const table: [RenderOptions | undefined, ErrorCode, string][] = [
    [undefined, 'ERR_INVALID_ARG', ''], [{} as RenderOptions, 'ERR_INVALID_ARG', 'duration'],
    [{ duration: 0 }, 'ERR_OUT_OF_RANGE', 'duration'], [{ duration: -1 }, 'ERR_OUT_OF_RANGE', 'duration'],
    [{ duration: '1' as never }, 'ERR_INVALID_ARG', 'duration'], [{ duration: NaN }, 'ERR_INVALID_ARG', 'duration'],
    [{ duration: 1, sampleRate: 0 }, 'ERR_OUT_OF_RANGE', 'sampleRate'], [{ duration: 1, sampleRate: '1' as never }, 'ERR_INVALID_ARG', 'sampleRate'],
    [{ duration: 1, channels: 0 }, 'ERR_OUT_OF_RANGE', 'channels'], [{ duration: 1, blockSize: 0 }, 'ERR_OUT_OF_RANGE', 'blockSize'],
    [{ duration: 1, maxTracks: 0 }, 'ERR_OUT_OF_RANGE', 'maxTracks'], [{ duration: 1, maxVoices: 1.5 }, 'ERR_OUT_OF_RANGE', 'maxVoices'],
    [{ duration: 1, output: 5 as never }, 'ERR_INVALID_ARG', 'output'], [{ duration: 1, output: 'a.mp3' }, 'ERR_INVALID_ARG', 'output'],
    [{ duration: 1, format: 'f64' as never }, 'ERR_INVALID_ARG', 'format'], [{ duration: 1, onProgress: 5 as never }, 'ERR_INVALID_ARG', 'onProgress'],
    [{ duration: 1, signal: {} as never }, 'ERR_INVALID_ARG', 'signal'], [{ duration: 1, device: 'virtual' } as RenderOptions, 'ERR_INVALID_ARG', 'device'],
  ]
  let called = 0
  for (const [options, code, name] of table) {
    await rejectsCode(t, render(options as RenderOptions, () => { called += 1 }), code, [name], name)
  }
  t.is(called, 0)
  for (const build of [undefined, null, {}]) await rejectsCode(t, render({ duration: 1 }, build as never), 'ERR_INVALID_ARG', ['build'])
})

test('progress rises to 1', async (t) => {
  const fractions: number[] = []
  await render({ duration: 20, onProgress: (fraction) => fractions.push(fraction) }, perform)
  t.deepEqual(fractions, fractions.toSorted((a, b) => a - b))
  t.true(fractions.every((fraction) => fraction >= 0 && fraction <= 1))
  t.deepEqual(fractions.filter((fraction) => fraction === 1), [1])
})

test('an abort rejects with an AbortError: before, while build waits, while it renders', async (t) => {
  let called = 0
  await t.throwsAsync(render({ duration: 1, signal: AbortSignal.abort() }, () => { called += 1 }), { name: 'AbortError' })
  t.is(called, 0)
  const waiting = new AbortController()
  const never = render({ duration: 1, signal: waiting.signal }, () => {
    setImmediate(() => { waiting.abort() })
    return new Promise(() => undefined)
  })
  await t.throwsAsync(never, { name: 'AbortError' })
  const rendering = new AbortController()
  const fractions: number[] = []
  const options = { duration: 600, signal: rendering.signal, onProgress: (fraction: number) => fractions.push(fraction) }
  await t.throwsAsync(render(options, async (engine) => {
    await perform(engine)
    setTimeout(() => { rendering.abort() }, 0)
  }), { name: 'AbortError' })
  t.false(fractions.includes(1))
})

test('two at once do not disturb each other', async (t) => {
  const build = (seed: number) => async (engine: OfflineEngine): Promise<void> => {
    const sound = await engine.load({ channelData: [noise(9000, seed), noise(9000, seed + 1)], sampleRate: engine.sampleRate })
    engine.createTrack().play(sound, { loop: true, rate: 1 + seed / 10 })
  }
  const alone = []
  for (const seed of [1, 2, 3]) alone.push(await render({ duration: 2 }, build(seed)))
  const together = await Promise.all([1, 2, 3].map((seed) => render({ duration: 2 }, build(seed))))
  for (const [i, { channelData }] of together.entries()) {
    for (const [c, one] of channelData.entries()) isSame(t, one, channel(alone[i]?.channelData ?? [], c))
  }
})

test('a sample plays in any engine of its rate, live or offline, and in no other', async (t) => {
  const { engine, play, sample } = await stage(t)
  const signal = noise(3000, 9)
  const sound = await sample(signal, signal)
  const rendered = await render({ duration: 3000 / RATE }, (offline) => { offline.createTrack().play(sound) })
  isSame(t, channel(rendered.channelData, 0), signal)
  const made: Awaited<ReturnType<OfflineEngine['load']>>[] = []
  await render({ duration: 0.01 }, async (offline) => { made.push(await offline.load({ channelData: [signal, signal], sampleRate: RATE })) })
  const [theirs] = made
  if (!theirs) throw new Error('a sample')
  engine.createTrack().play(theirs, { at: 0 })
  isSame(t, channel(await play(3000), 0), signal)
  await rejectsCode(t, render({ duration: 1, sampleRate: 44_100 }, (offline) => { offline.createTrack().play(sound) }), 'ERR_INVALID_ARG', ['44100'])
})

test('build may wait: what it loads has the rate of the rendering', async (t) => {
  const tone = Float32Array.from({ length: 44_100 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 441 * n) / 44_100))
  const { channelData } = await render({ duration: 0.5, sampleRate: 96_000 }, async (engine) => {
    const sound = await engine.load(wavFile([tone, tone], 44_100))
    t.like(sound, { sampleRate: 96_000, frames: 96_000 })
    await new Promise(setImmediate)
    engine.createTrack().play(sound)
  })
  isHeard(t, channel(channelData, 0), (n) => 0.5 * Math.sin((2 * Math.PI * 441 * n) / 96_000), 1e-3, 2000)
})

test('the highest sample is told as it is before the safety stage', async (t) => {
  for (const [value, volume, master] of [[2.5, 1, 1], [-3, 1, 1], [0.5, 4, 0.5], [0, 1, 1]] as const) {
    const { peak, channelData } = await render({ duration: 0.01 }, async (engine) => {
      const sound = await engine.load({ channelData: [flat(value, 100), flat(value / 2, 100)], sampleRate: RATE })
      engine.createTrack({ volume }).play(sound)
      engine.master.volume.value = master
    })
    t.true(Math.abs(peak - Math.abs(value) * volume * master) <= 4 * ULP)
    t.true(channel(channelData, 0).every((x) => Math.abs(x) <= 1))
  }
})
