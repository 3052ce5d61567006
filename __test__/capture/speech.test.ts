// `voiceActivity`: which chunks are speech.
import test, { type ExecutionContext } from 'ava'
import { Capture, type CaptureOptions, type Chunk } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { noise } from '../support/signal'
import { RATE, SENTENCE, canSpeak, music, notSpeech, said } from './speech-sound'
import { rest } from './stand'

const speaking = canSpeak ? test : test.skip

interface Feed {
  rate?: number
  blockSizes?: number[]
  /** Seconds of the device between two looks at the reader. */
  piece?: number
}

/** Captures a sound, the same on both channels of a device, to its end. */
async function captured(t: ExecutionContext, sound: Float32Array, options: CaptureOptions, feed: Feed = {}): Promise<Chunk[]> {
  const rate = feed.rate ?? RATE
  const device = createVirtualDevice({ sampleRate: rate, channels: 2, ...(feed.blockSizes && { blockSizes: feed.blockSizes }) })
  t.teardown(() => { device.close() })
  const capture = await Capture.open({ device: device.id, capacity: 2 * sound.length + 1000, ...options })
  t.teardown(() => capture.close())
  capture.on('warning', () => undefined)
  const chunks = capture.chunks()
  device.feed({ channelData: [sound, sound], sampleRate: rate })
  await device.step(sound.length)
  const { dropped } = await capture.close()
  t.is(dropped, 0)
  return rest(chunks)
}

const rms = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / Math.max(1, samples.length))

/** What part of the chunks that hold voice is called speech, and when the first and the last one are. */
function judge(chunks: readonly Chunk[]): { hits: number; first: number; last: number; begin: number; end: number } {
  const levels = chunks.map((chunk) => rms(chunk.samples))
  const voiced = levels.map((level) => level > 0.03 * Math.max(...levels))
  const hits = chunks.filter((chunk, n) => voiced[n] && chunk.speech).length / voiced.filter(Boolean).length
  const speech = chunks.map((chunk) => chunk.speech)
  return { hits, first: speech.indexOf(true), last: speech.lastIndexOf(true), begin: voiced.indexOf(true), end: voiced.lastIndexOf(true) }
}

const VOICES = ['en-us', 'en-us+f3', 'en-gb+m3', 'de', 'fr+f4', 'es']

for (const [decibels, least] of [[0, 0.9], [-20, 0.9], [-35, 0.8]] as const) {
  speaking(`speech is told at ${decibels} dB`, async (t) => {
    for (const voice of VOICES) {
      const sound = said(SENTENCE, voice, 0.7 * 10 ** (decibels / 20))
      const chunks = await captured(t, sound, { chunk: 441, voiceActivity: true })
      const { hits, first, last, begin, end } = judge(chunks)
      t.true(hits >= least, `${voice}: ${hits} of the voiced chunks`)
      // In chunks of 20 ms: not before the voice, and 0.3 s of hangover and the detector's lag after it.
      t.true(first >= begin && first <= begin + 20, `${voice}: begins ${first - begin} chunks late`)
      t.true(last >= end && last <= end + 15 + 10, `${voice}: ends ${last - end} chunks late`)
    }
  })
}

for (const [name, sound] of Object.entries(notSpeech)) {
  test(`${name} is no speech, loud or quiet`, async (t) => {
    for (const gain of [1, 0.1]) {
      const chunks = await captured(t, sound.map((x) => gain * x), { chunk: 441, voiceActivity: { hangover: 0 } })
      const called = chunks.filter((chunk) => chunk.speech).length
      t.true(chunks.length >= 400)
      t.true(chunks.every((chunk) => typeof chunk.speech === 'boolean'))
      t.is(called, 0, `${called} of ${chunks.length} chunks, at gain ${gain}`)
    }
  })
}

test('a drum kit over a chord is seldom speech', async (t) => {
  for (const gain of [1, 0.1]) {
    const chunks = await captured(t, music.map((x) => gain * x), { chunk: 441, voiceActivity: { hangover: 0 } })
    const called = chunks.filter((chunk) => chunk.speech).length
    t.true(called <= 0.1 * chunks.length, `${called} of ${chunks.length} chunks, at gain ${gain}`)
  }
})

speaking('the same sound gives the same answers, whatever the callback size', async (t) => {
  const sound = said(SENTENCE, 'en-us', 0.5, 0.3, 0.5)
  for (const options of [{ chunk: 441 }, { sampleRate: 48_000, channels: 2, chunk: 700, hop: 300 }, { sampleRate: 16_000, chunk: 37 }]) {
    const answers: string[] = []
    for (const blockSizes of [[256], [1000], [64, 1, 333, 4096], [4410]]) {
      const chunks = await captured(t, sound, { ...options, voiceActivity: { hangover: 0.05 } }, { blockSizes })
      answers.push(chunks.map((chunk) => `${chunk.frame}${chunk.speech === true ? '+' : '-'}`).join(' '))
    }
    t.regex(answers[0] ?? '', /-.*\+.*-.*\+/, 'some of it is speech')
    t.is(new Set(answers).size, 1)
  }
})

speaking('every reader gets the same answers, however late it comes or takes', async (t) => {
  const sound = said(SENTENCE, 'en-us', 0.5, 0.3, 0.5)
  const device = createVirtualDevice({ sampleRate: RATE })
  t.teardown(() => { device.close() })
  const capture = await Capture.open({ device: device.id, chunk: 441, capacity: 1 << 20, voiceActivity: true })
  t.teardown(() => capture.close())
  const readers = [capture.chunks()]
  device.feed({ channelData: [sound, sound], sampleRate: RATE })
  for (let step = 0; step < 100; step++) {
    await device.step(441 * 2)
    // In the middle of speech, at the beginning of a chunk.
    if (step === 40) readers.push(capture.chunks(), capture.chunks())
  }
  await capture.close()
  const [all = [], ...late] = await Promise.all(readers.map((reader) => rest(reader)))
  for (const chunks of late) {
    const from = chunks[0]?.frame ?? NaN
    const expected = all.filter((chunk) => chunk.frame >= from)
    t.deepEqual(chunks.map((chunk) => [chunk.frame, chunk.speech]), expected.map((chunk) => [chunk.frame, chunk.speech]))
    t.true(chunks[0]?.speech)
  }
})

speaking('speech lasts for the hangover after its last window, and for that long only', async (t) => {
  const sound = said(SENTENCE, 'en-us', 0.5, 0.3, 3.5)
  const end = async (hangover: number): Promise<number> => {
    const chunks = await captured(t, sound, { chunk: 22, voiceActivity: { hangover } })
    const last = chunks.filter((chunk) => chunk.speech).at(-1)
    return ((last?.frame ?? NaN) + (last?.frames ?? NaN)) / RATE
  }
  const [none, short, long] = [await end(0), await end(0.3), await end(2)]
  // Chunks of 1 ms; without a hangover speech lasts until it is known that it does not, a window later.
  t.true(Math.abs(long - short - 1.7) <= 0.002, `${long - short}`)
  t.true(short - none > 0.25 && short - none <= 0.302, `${short - none}`)
})

speaking('an endless hangover does not reach back before the speech', async (t) => {
  const sound = said(SENTENCE, 'en-us', 0.5, 0.5, 1)
  const chunks = await captured(t, sound, { chunk: 441, voiceActivity: { hangover: 10 } })
  const first = chunks.findIndex((chunk) => chunk.speech)
  t.true(first >= 25, 'half a second of silence')
  t.true(chunks.slice(first, -1).every((chunk) => chunk.speech))
})

speaking('a pause ends speech but for its hangover', async (t) => {
  const sound = said(SENTENCE, 'en-us', 0.5, 0.2, 0)
  const device = createVirtualDevice({ sampleRate: RATE })
  t.teardown(() => { device.close() })
  const capture = await Capture.open({ device: device.id, chunk: 441, capacity: 1 << 20, voiceActivity: { hangover: 0.5 } })
  t.teardown(() => capture.close())
  const chunks = capture.chunks()
  // Two seconds of speech; in the pause and behind it there is silence.
  const stopped = 441 * 100
  const spoken = sound.slice(0, stopped)
  device.feed({ channelData: [spoken, spoken], sampleRate: RATE })
  await device.step(stopped)
  capture.pause()
  await device.step(2205)
  capture.resume()
  await device.step(RATE)
  await capture.close()
  const heard = await rest(chunks)
  t.true(heard[99]?.speech, 'it is paused in the middle of a word')
  const behind = heard.filter((chunk) => chunk.frame >= stopped)
  t.is(behind[0]?.frame, stopped + 2205)
  t.true(behind[0]?.speech)
  // It lasts for 0.5 s in all, from a window shortly before the pause on; 0.1 s of that is the pause.
  const last = behind.filter((chunk) => chunk.speech).at(-1)
  const lasted = ((last?.frame ?? NaN) + 441 - stopped) / RATE
  t.true(lasted > 0.4 && lasted <= 0.52, `${lasted} s`)
})

test('the threshold says how much it takes: nothing is above 1, and everything above 0', async (t) => {
  const sound = noise(RATE, 3).map((x) => 0.1 * x)
  const all = await captured(t, sound, { chunk: 300, voiceActivity: { threshold: 0, hangover: 0 } })
  // The first window is 353 frames.
  t.is(all[0]?.speech, false, 'nothing is known yet')
  t.true(all.slice(1, -1).every((chunk) => chunk.speech))
  const none = await captured(t, sound, { chunk: 441, voiceActivity: { threshold: 1 } })
  t.true(none.every((chunk) => chunk.speech === false))
})

test('chunks say nothing of speech unless asked to', async (t) => {
  for (const voiceActivity of [undefined, false] as const) {
    const options = voiceActivity === undefined ? {} : { voiceActivity }
    const chunks = await captured(t, noise(4410, 3), { chunk: 441, ...options })
    t.true(chunks.every((chunk) => !('speech' in chunk)))
  }
})

test('a capture without a sample ends with a chunk that is no speech', async (t) => {
  const chunks = await captured(t, new Float32Array(0), { voiceActivity: true })
  t.deepEqual(chunks.map((chunk) => [chunk.frames, chunk.speech, chunk.final]), [[0, false, true]])
})

test('what is no number, or beyond full scale, is no speech and stops nothing', async (t) => {
  const wild = [NaN, Infinity, -Infinity, 1e30, -1e30, 2]
  const sound = Float32Array.from({ length: RATE }, (_, n) => wild[(n * 7 + (n >> 3)) % 6] ?? 0)
  const quiet = new Float32Array(RATE)
  const chunks = await captured(t, Float32Array.of(...sound, ...quiet), { chunk: 441, voiceActivity: { hangover: 0 } })
  t.is(chunks.reduce((sum, chunk) => sum + chunk.frames, 0), 2 * RATE)
  t.true(chunks.slice(60).every((chunk) => chunk.speech === false))
})
