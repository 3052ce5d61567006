// What compares a soak's capture with its signal must find a single sample, and blame the server for
// nothing but whole periods around an xrun.
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import type * as Checkers from '../../scripts/soak/checker.mjs' with { 'resolution-mode': 'import' }
import type * as Signals from '../../scripts/soak/signal.mjs' with { 'resolution-mode': 'import' }

const script = (name: string): Promise<unknown> => import(pathToFileURL(path.resolve('scripts', 'soak', name)).href)
const checkers = script('checker.mjs') as Promise<typeof Checkers>
const signals = script('signal.mjs') as Promise<typeof Signals>

const PERIOD = 256
const RATE = 48_000
/** Frames of silence before the signal, no whole periods. */
const BEFORE = 1000
/** Frames captured: into the third stretch. */
const ALL = 2000 * PERIOD
/** An xrun seen at any time. */
const ALWAYS = Array.from({ length: 200 }, (_, n) => ({ time: n / 10 }))

/** What is captured where nothing goes wrong. */
async function whole(): Promise<{ signal: Signals.Signal; samples: Float32Array }> {
  const signal = new (await signals).Signal(4)
  const samples = new Float32Array(2 * ALL)
  for (const { source, gain, offset } of signal.stretches()) {
    signal.sources[source]?.forEach((channel, side) => {
      channel.forEach((sample, n) => {
        const at = 2 * (BEFORE + offset + n) + side
        if (at < samples.length) samples[at] = sample * gain
      })
    })
  }
  return { signal, samples }
}

async function checked(signal: Signals.Signal, samples: Float32Array, chunk = 2 * PERIOD): Promise<Checkers.Checker> {
  const checker = new (await checkers).Checker(signal, PERIOD)
  for (let at = 0; at < samples.length; at += chunk) checker.feed(samples.subarray(at, at + chunk), at / 2 / RATE)
  checker.finish()
  return checker
}

/** Without the samples from..to. */
const without = (samples: Float32Array, from: number, to: number): Float32Array =>
  Float32Array.from({ length: samples.length - (to - from) }, (_, n) => samples[n < from ? n : n + to - from] ?? NaN)

test('what was played is equal, in pieces of any size', async (t) => {
  const { signal, samples } = await whole()
  for (const chunk of [2 * PERIOD, 2, 1920, 46]) {
    const checker = await checked(signal, samples, chunk)
    t.deepEqual([checker.checked, checker.equal, checker.tears.length], [samples.length, samples.length, 0])
    t.is(checker.heard, ALL - BEFORE)
  }
})

test('a sample or a frame that is missing is found, whatever the server reports', async (t) => {
  const { signal, samples } = await whole()
  const { attribute } = await checkers
  for (const [from, to] of [[200_001, 200_002], [200_000, 200_002], [512_000, 512_002]] as const) {
    const checker = await checked(signal, without(samples, from, to))
    t.true(checker.hopeless)
    t.is(checker.checked, samples.length - (to - from))
    const { ours, servers } = attribute(checker.tears, ALWAYS)
    t.true(ours.length > 400)
    t.is(servers.length, 0)
    t.is(ours[0]?.frame, Math.floor(from / 2 / PERIOD) * PERIOD, 'where it was lost')
  }
})

test('a sample that differs by its last bit is found', async (t) => {
  const { signal, samples } = await whole()
  const place = 300_001
  const bits = new Uint32Array(samples.buffer)
  bits[place] = (bits[place] ?? 0) ^ 1
  const { tears } = await checked(signal, samples)
  t.deepEqual(tears.map(({ kind, samples: differing, frame }) => [kind, differing, frame]), [['torn', 1, Math.floor(place / 512) * PERIOD]])
  const { attribute } = await checkers
  t.is(attribute(tears, []).ours.length, 1)
})

test('a period that is missing or silent is put down to the server only around an xrun', async (t) => {
  const { signal, samples } = await whole()
  const { attribute } = await checkers
  const from = 700 * 2 * PERIOD
  const time = (700 * PERIOD) / RATE
  const silent = samples.slice().fill(0, from, from + 2 * PERIOD)
  const skipped = without(samples, from, from + 3 * 2 * PERIOD)
  for (const [what, kind, periods] of [[silent, 'torn', 0], [skipped, 'shifted', 3]] as const) {
    const { tears, hopeless } = await checked(signal, what)
    t.deepEqual(tears.map((tear) => [tear.kind, tear.periods, tear.frame]), [[kind, periods, 700 * PERIOD]])
    t.false(hopeless)
    t.is(attribute(tears, [{ time: time + 1 }]).ours.length, 0)
    t.is(attribute(tears, [{ time: time + 4 }, { time: time - 4 }]).ours.length, 1)
  }
})
