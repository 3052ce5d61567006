// The loudness of a rendering, by the minimum requirements of EBU Tech 3341.
import test from 'ava'
import { type OfflineEngine, type RenderOptions, render } from '../../index'
import { RATE } from '../playback/stage'

/** Decibels relative to full scale, and seconds. */
type Part = readonly [db: number, seconds: number]

/** Plays a sine of 1 kHz in all channels, at one level after another. */
function sine(parts: readonly Part[], channels = 2, sides = channels): (engine: OfflineEngine) => Promise<void> {
  return async (engine) => {
    const period = engine.sampleRate / 1000
    const wave = Float32Array.from({ length: period }, (_, n) => Math.sin((2 * Math.PI * n) / period))
    const silence = new Float32Array(period)
    const channelData = Array.from({ length: channels }, (_, c) => (c < sides ? wave : silence))
    const sound = await engine.load({ channelData, sampleRate: engine.sampleRate })
    const voice = engine.createTrack().play(sound, { loop: true })
    let at = 0
    for (const [db, seconds] of parts) {
      voice.gain.set(10 ** (db / 20), { at, ramp: 0 })
      at += seconds
    }
  }
}

async function loudness(parts: readonly Part[], options: Partial<RenderOptions> = {}, sides?: number): Promise<number> {
  const duration = parts.reduce((sum, [, seconds]) => sum + seconds, 0)
  const result = await render({ duration, ...options }, sine(parts, options.channels ?? 2, sides))
  return result.loudness
}

for (const [name, parts, expected] of [
  ['a sine of 1 kHz at −23 dBFS', [[-23, 20]], -23],
  ['a sine of 1 kHz at −33 dBFS', [[-33, 20]], -33],
  ['quiet parts are gated out', [[-36, 10], [-23, 60], [-36, 10]], -23],
  ['silence is gated out', [[-72, 10], [-36, 10], [-23, 60], [-36, 10], [-72, 10]], -23],
  ['parts that count are averaged by their power', [[-26, 20], [-20, 20.1], [-26, 20]], -23],
] as const) {
  test(`${name}: ${expected} LUFS`, async (t) => {
    const found = await loudness(parts)
    t.true(Math.abs(found - expected) <= 0.1, String(found))
  })
}

test('it does not depend on the rate', async (t) => {
  for (const sampleRate of [32_000, 44_000, 96_000]) {
    const found = await loudness([[-23, 10]], { sampleRate })
    t.true(Math.abs(found + 23) <= 0.1, `${found} at ${sampleRate} Hz`)
  }
})

test('one of two channels is 3 dB less, and so is mono', async (t) => {
  for (const found of [await loudness([[-23, 10]], {}, 1), await loudness([[-23, 10]], { channels: 1 })]) {
    t.true(Math.abs(found + 26.01) <= 0.1, String(found))
  }
})

test('silence has none', async (t) => {
  const result = await render({ duration: 1 }, () => undefined)
  t.is(result.loudness, -Infinity)
  t.is(result.peak, 0)
  t.is(result.frames, RATE)
})
