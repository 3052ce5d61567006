// Rendering to files: the same samples as in memory, quantised where the format asks for it.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type OfflineEngine, type RenderOptions, probe, render } from '../../index'
import { readWav } from '../capture/wav'
import { noise } from '../support/signal'
import { RATE, channel, flat, isHeard, isSame, rejectsCode, stage } from '../playback/stage'
import { readFlac } from './flac'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-render-'))
const inDir = (name: string): string => path.join(dir, name)
test.after.always(() => { rmSync(dir, { recursive: true }) })

const FORMATS = [['.wav', 'f32'], ['.wav', 's24'], ['.wav', 's16'], ['.flac', 's24'], ['.flac', 's16']] as const
const BITS = { f32: 0, s24: 24, s16: 16 }

/** n / 2^(bits − 1), rounded half to even and clamped, as an integer. */
function quantised(sample: number, bits: number): number {
  const scaled = sample * 2 ** (bits - 1)
  const below = Math.floor(scaled)
  const rest = scaled - below
  const nearest = rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below
  return Math.max(-(2 ** (bits - 1)), Math.min(2 ** (bits - 1) - 1, nearest))
}

/** Noise, ties of both formats, both ends of the scale, and what is beyond it. */
async function perform(engine: OfflineEngine): Promise<void> {
  const left = noise(30_000, 1)
  const right = noise(30_000, 2)
  for (let i = 0; i < 200; i++) {
    left[2 * i] = (i - 100.5) / 2 ** 15
    right[2 * i] = (i - 100.5) / 2 ** 23
  }
  left.set([0, -0, 0.98, -0.98, 1 / 2 ** 24, -1 / 2 ** 17, 3, -3], 500)
  const sound = await engine.load({ channelData: [left, right], sampleRate: engine.sampleRate })
  const track = engine.createTrack()
  track.play(sound)
  track.play(sound, { at: { frame: 31_001 }, rate: 0.8, gain: 0.5 })
}

/** A duration of 70,001 frames, which is no whole number of any block. */
const DURATION = 70_001 / RATE

/** What a file holds: floats as they stand, or integers, one array a channel. */
function contentOf(file: string): { format: string; channels: number; sampleRate: number; frames: number; values: Float64Array[] } {
  if (file.endsWith('.flac')) {
    const { bits, values, ...flac } = readFlac(file)
    return { ...flac, format: `s${bits}`, values: values.map((lane) => Float64Array.from(lane)) }
  }
  const { values, ...wav } = readWav(file)
  const { channels, frames } = wav
  const lane = (c: number): Float64Array => Float64Array.from({ length: frames }, (_, n) => values[n * channels + c] ?? NaN)
  return { ...wav, values: Array.from({ length: channels }, (_, c) => lane(c)) }
}

/** Compares what a file holds with the samples of a rendering. */
function isHeld(t: ExecutionContext, file: string, format: keyof typeof BITS, channelData: readonly Float32Array[]): void {
  const content = contentOf(file)
  t.like(content, { format, channels: channelData.length, frames: channelData[0]?.length })
  const bits = BITS[format]
  for (const [c, one] of channelData.entries()) {
    const held = content.values[c] ?? new Float64Array()
    const wrong = one.findIndex((sample, n) => held[n] !== (bits === 0 ? sample : quantised(sample, bits)))
    t.is(wrong, -1, `channel ${c}: frame ${wrong} is ${held[wrong]}, rendered ${one[wrong]}`)
  }
}

for (const [ending, format] of FORMATS) {
  test(`${ending} of ${format} holds the rendering`, async (t) => {
    const memory = await render({ duration: DURATION }, perform)
    const output = inDir(`${format}${ending}`)
    const result = await render({ duration: DURATION, output, format }, perform)
    t.deepEqual(result.channelData, [])
    t.like(result, { frames: 70_001, sampleRate: RATE, peak: memory.peak, loudness: memory.loudness })
    t.like(result.stats, { frames: memory.stats.frames, lateEvents: 0 })
    t.is(contentOf(output).sampleRate, RATE)
    isHeld(t, output, format, memory.channelData)
  })

  test(`${ending} of ${format} is what the engine loads again`, async (t) => {
    const memory = await render({ duration: DURATION }, perform)
    const output = inDir(`again-${format}${ending}`)
    await render({ duration: DURATION, output, format }, perform)
    t.like(await probe(output), { format: ending.slice(1), frames: 70_001, channels: 2, sampleRate: RATE, duration: DURATION })
    const { engine, play } = await stage(t, { safetyLimiter: false })
    const sample = await engine.load(output)
    t.like(sample, { frames: 70_001, channels: 2, sampleRate: RATE })
    engine.createTrack().play(sample, { at: 0 })
    const bits = BITS[format]
    for (const [c, heard] of (await play(70_001)).entries()) {
      const one = channel(memory.channelData, c)
      isHeard(t, heard, (n) => (bits === 0 ? (one[n] ?? NaN) : quantised(one[n] ?? NaN, bits) / 2 ** (bits - 1)))
    }
  })
}

test('without a format a .wav is of floats and a .flac of 24 bits; other channels and rates hold too', async (t) => {
  for (const [ending, format] of [['.wav', 'f32'], ['.flac', 's24']] as const) {
    for (const [channels, sampleRate] of [[1, 44_100], [6, 48_000], [2, 96_000], [8, 8000]] as const) {
      const channelData = Array.from({ length: channels }, (_, c) => noise(5000, c))
      const output = inDir(`${channels}-${sampleRate}${ending}`)
      await render({ duration: 5000 / sampleRate, channels, sampleRate, output }, async (engine) => {
        engine.createTrack().play(await engine.load({ channelData, sampleRate }))
      })
      t.is(contentOf(output).sampleRate, sampleRate)
      isHeld(t, output, format, channelData)
    }
  }
})

test('a file that is there is written anew', async (t) => {
  const output = inDir('again.wav')
  writeFileSync(output, Buffer.alloc(1_000_000, 1))
  await render({ duration: 0.01, output }, () => undefined)
  t.is(readWav(output).frames, 480)
})

test('what cannot be written rejects with its code and leaves nothing', async (t) => {
  mkdirSync(inDir('folder.wav'))
  await rejectsCode(t, render({ duration: 1, output: inDir('none/a.wav') }, () => undefined), 'ERR_NOT_FOUND', ['a.wav'])
  const taken = await t.throwsAsync(render({ duration: 1, output: inDir('folder.wav') }, () => undefined))
  t.true(['ERR_IO', 'ERR_ACCESS'].includes((taken as { code?: string } | undefined)?.code ?? ''))
  for (const options of [{ output: inDir('a.flac'), format: 'f32' }, { output: inDir('a.ogg') }, { output: inDir('a') }, { output: '' }]) {
    await rejectsCode(t, render({ duration: 1, ...options } as RenderOptions, () => undefined), 'ERR_INVALID_ARG')
  }
  t.deepEqual(readdirSync(dir).filter((name) => name.startsWith('a.') || name === 'a' || name === 'none'), [])
})

test('an abort leaves a file that was there before as it was', async (t) => {
  for (const ending of ['.wav', '.flac']) {
    const output = inDir(`kept${ending}`)
    writeFileSync(output, 'of before')
    const controller = new AbortController()
    const onProgress = (): void => { controller.abort() }
    const options: RenderOptions = { duration: 20_000, output, format: 's16', signal: controller.signal, onProgress }
    await t.throwsAsync(render(options, perform), { name: 'AbortError' })
    t.is(readFileSync(output, 'utf8'), 'of before')
  }
})

test('an abort and an error of build leave no file', async (t) => {
  for (const ending of ['.wav', '.flac']) {
    const output = inDir(`never${ending}`)
    const controller = new AbortController()
    const fractions: number[] = []
    // Far longer than it takes until the first progress is told.
    const options: RenderOptions = {
      duration: 20_000, output, format: 's16', signal: controller.signal,
      onProgress: (fraction) => {
        fractions.push(fraction)
        controller.abort()
      },
    }
    await t.throwsAsync(render(options, perform), { name: 'AbortError' })
    t.true(fractions.length >= 1 && fractions.every((fraction) => fraction >= 0 && fraction < 1))
    t.false(existsSync(output))
    await t.throwsAsync(render({ duration: 1, output }, () => { throw new Error('from inside') }))
    t.false(existsSync(output))
  }
  t.deepEqual(readdirSync(dir).filter((name) => name.includes('never')), [], 'no parts of it either')
})

// By itself: what others render meanwhile takes memory too.
test.serial('the length of a rendering costs no memory when it goes to a file', async (t) => {
  const build = async (engine: OfflineEngine): Promise<void> => {
    const sound = await engine.load({ channelData: [noise(9600, 1), noise(9600, 2)], sampleRate: RATE })
    engine.createTrack().play(sound, { loop: true })
  }
  const output = inDir('long.wav')
  /** The most memory that the process has while it renders so many seconds, in megabytes. */
  const highest = async (duration: number): Promise<number> => {
    let most = 0
    const onProgress = (): void => { most = Math.max(most, process.memoryUsage().rss / 2 ** 20) }
    await render({ duration, output, format: 's16', onProgress }, build)
    return most
  }
  await highest(20)
  const short = await highest(20)
  const long = await highest(600)
  t.true(statSync(output).size > 600 * RATE * 4)
  // In memory it would be 600 s of two channels of floats: 220 MB.
  t.true(short > 0 && long - short < 60, `${Math.round(long - short)} MB`)
  rmSync(output)
})

test('two files at once, and the safety stage in them', async (t) => {
  const build = (value: number) => async (engine: OfflineEngine): Promise<void> => {
    const sound = await engine.load({ channelData: [flat(value, 4800), flat(-value, 4800)], sampleRate: RATE })
    engine.createTrack().play(sound)
  }
  const results = await Promise.all([0.25, 2].map((value, i) => render({ duration: 0.1, output: inDir(`both-${i}.wav`) }, build(value))))
  t.deepEqual(results.map(({ peak }) => peak), [0.25, 2])
  const threshold = 10 ** (-0.1 / 20)
  const loud = threshold + (1 - threshold) * Math.tanh((2 - threshold) / (1 - threshold))
  for (const [i, value] of [0.25, loud].entries()) {
    const wav = readWav(inDir(`both-${i}.wav`))
    const expected = Float32Array.from({ length: 9600 }, (_, n) => (n % 2 === 0 ? value : -value))
    isSame(t, Float32Array.from(wav.values), expected)
  }
})
