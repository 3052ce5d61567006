// Bad arguments: the code, and a message that names the argument, the value and what is allowed.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { Capture, NoxrunError } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { Stand } from './stand'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-errors-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

const TYPE = 'ERR_INVALID_ARG'
const RANGE = 'ERR_OUT_OF_RANGE'

function assertTells(t: ExecutionContext, error: unknown, code: string, name: string, value: unknown): void {
  if (!(error instanceof NoxrunError)) {
    t.fail(`no NoxrunError, but ${inspect(error)}`)
    return
  }
  t.true(error instanceof Error)
  t.is(error.name, 'NoxrunError')
  t.is(error.code, code as NoxrunError['code'], `${name}: ${inspect(value)} gave: ${error.message}`)
  t.true(error.message.includes(name), `${error.message}: names ${name}`)
  const shown = code === 'ERR_NO_DEVICE' ? String(value) : inspect(value)
  if (typeof value !== 'object') t.true(error.message.includes(shown), `${error.message}: shows ${shown}`)
  t.regex(error.message, /must be |has no option |takes |no device|no input device/i)
}

/** Values of a wrong type for a whole number, and those out of its range. */
const whole = (min: number, max: number): [unknown, string][] => [
  ...['1', null, true, {}, [1], NaN, Infinity, -Infinity, 10n, Symbol.iterator].map((value): [unknown, string] => [value, TYPE]),
  ...[min - 1, max + 1, -1, min + 0.5, Number.MAX_SAFE_INTEGER].map((value): [unknown, string] => [value, RANGE]),
]
/** The same for a number that may be a fraction. */
const real = (min: number, max: number): [unknown, string][] => [
  ...['1', null, true, {}, [1], NaN, Infinity, -Infinity, 10n].map((value): [unknown, string] => [value, TYPE]),
  ...[min - 1e-9, max + 1e-9, -Number.MAX_VALUE].map((value): [unknown, string] => [value, RANGE]),
]
const oneOf: [unknown, string][] = ['', 'no such', 1, null, {}, true].map((value) => [value, TYPE])
const flag: [unknown, string][] = ['true', 0, 1, null, {}].map((value) => [value, TYPE])

const OPEN: Record<string, [unknown, string][]> = {
  device: [...[1, null, '', {}, true].map((value): [unknown, string] => [value, TYPE]), ['no such device', 'ERR_NO_DEVICE'], ['virtual:999999', 'ERR_NO_DEVICE']],
  fallback: oneOf,
  sampleRate: whole(1000, 768_000),
  channels: whole(1, 32),
  bufferSize: whole(1, 65_536),
  chunk: whole(1, 46_080_000),
  hop: whole(1, 46_080_000),
  capacity: whole(1, 2 ** 27),
  preRoll: real(0, 30),
  voiceActivity: [...oneOf.filter(([value]) => value !== true && typeof value !== 'object'), [null, TYPE], [[], TYPE], [() => true, TYPE]],
  quality: oneOf,
  wake: oneOf,
  keepAlive: flag,
  audit: flag,
  signal: [...oneOf, [new EventTarget(), TYPE]],
}

for (const [name, cases] of Object.entries(OPEN)) {
  test(`open() refuses a bad ${name}`, async (t) => {
    for (const [value, code] of cases) {
      const opening = Capture.open({ device: 'virtual', [name]: value })
      t.true(opening instanceof Promise, 'a promise that rejects, not an exception')
      assertTells(t, await t.throwsAsync(opening), code, code === 'ERR_NO_DEVICE' ? String(value) : name, value)
    }
  })
}

test('open() refuses what is no options object, and options that are not there', async (t) => {
  for (const value of [null, 1, 'virtual', [], true]) {
    assertTells(t, await t.throwsAsync(Capture.open(value as never)), TYPE, 'CaptureOptions', value)
  }
  for (const name of ['samplerate', 'preroll', 'vad', 'rate']) {
    assertTells(t, await t.throwsAsync(Capture.open({ [name]: 1 })), TYPE, name, {})
  }
})

for (const [name, max] of [['threshold', 1], ['hangover', 10]] as const) {
  test(`open() refuses a bad voiceActivity.${name}`, async (t) => {
    for (const [value, code] of real(0, max)) {
      const opening = Capture.open({ device: 'virtual', voiceActivity: { [name]: value } })
      assertTells(t, await t.throwsAsync(opening), code, `voiceActivity.${name}`, value)
    }
    for (const value of [0, max]) {
      const capture = await Capture.open({ device: 'virtual', voiceActivity: { [name]: value } })
      await capture.close()
    }
  })
}

test('open() refuses an option of voiceActivity that is not there', async (t) => {
  const error = await t.throwsAsync(Capture.open({ voiceActivity: { level: 1 } as never }))
  assertTells(t, error, TYPE, 'voiceActivity', {})
  t.regex(error.message, /level.*threshold.*hangover/)
})

test('a pre-roll is refused that would not fit into memory', async (t) => {
  const device = createVirtualDevice({ sampleRate: 192_000, channels: 32 })
  t.teardown(() => { device.close() })
  // 2^27 samples are 21.8 s of 32 channels at 192 kHz.
  const error = await t.throwsAsync(Capture.open({ device: device.id, channels: 32, preRoll: 21.9 }))
  assertTells(t, error, RANGE, 'preRoll', 21.9)
  t.regex(error.message, /from 0 to 21\.8\b/)
})

test('a chunk of more samples than a reader takes is refused before anything opens', async (t) => {
  // 2^30 samples are 2^25 frames of 32 channels.
  for (const wide of [{ channels: 32 }, { channelMap: new Array<number>(32).fill(0) }]) {
    const error = await t.throwsAsync(Capture.open({ device: 'no such device', ...wide, chunk: 2 ** 25 + 1 }))
    assertTells(t, error, RANGE, 'chunk', 2 ** 25 + 1)
    t.regex(error.message, /from 1 to 33554432\b/)
  }
  const device = createVirtualDevice({ channels: 32 })
  t.teardown(() => { device.close() })
  const capture = await Capture.open({ device: device.id, channels: 32, chunk: 2 ** 25 })
  const chunks = capture.chunks()
  await device.step(100)
  await capture.close()
  t.like((await chunks.next()).value, { frames: 100, final: true })
})

test('a hop is at most a chunk, whoever decides its length', async (t) => {
  const device = createVirtualDevice({ sampleRate: 44_100 })
  t.teardown(() => { device.close() })
  for (const [options, most] of [[{ chunk: 100 }, 100], [{ sampleRate: 16_000 }, 320], [{}, 882]] as const) {
    const error = await t.throwsAsync(Capture.open({ device: device.id, ...options, hop: most + 1 }))
    assertTells(t, error, RANGE, 'hop', most + 1)
    t.regex(error.message, new RegExp(`from 1 to ${most}\\b`))
    const capture = await Capture.open({ device: device.id, ...options, hop: most })
    await capture.close()
  }
})

test('more channels than the device has are refused', async (t) => {
  const device = createVirtualDevice({ channels: 2 })
  t.teardown(() => { device.close() })
  const error = await t.throwsAsync(Capture.open({ device: device.id, channels: 3 }))
  t.like(error, { code: 'ERR_UNSUPPORTED_CONFIG' })
  t.regex(error.message, /\b2\b.*\b3\b|\b3\b.*\b2\b/)
})

test('an abort rejects open()', async (t) => {
  await t.throwsAsync(Capture.open({ device: 'virtual', signal: AbortSignal.abort() }), { name: 'AbortError' })
  const controller = new AbortController()
  const opening = Capture.open({ device: 'virtual', signal: controller.signal })
  controller.abort()
  await t.throwsAsync(opening, { name: 'AbortError' })
})

test('methods refuse bad arguments before anything has changed', async (t) => {
  const { capture } = await Stand.open(t, { channels: 2 })
  const sync: [string, unknown, string, () => unknown][] = []
  for (const [value, code] of oneOf) {
    sync.push(
      ['signal', value, code, () => capture.chunks({ signal: value as never })],
      ['signal', value, code, () => capture.readable({ signal: value as never })],
      ['format', value, code, () => capture.readable({ format: value as never })],
      ['gaps', value, code, () => capture.readable({ gaps: value as never })],
    )
  }
  for (const [value, code] of whole(0, 2 ** 31)) {
    sync.push(['highWaterMark', value, code, () => capture.readable({ highWaterMark: value as never })])
  }
  for (const value of [null, 1, 'f32', [], true]) {
    sync.push(
      ['chunks', value, TYPE, () => capture.chunks(value as never)],
      ['readable', value, TYPE, () => capture.readable(value as never)],
    )
  }
  sync.push(
    ['frames', {}, TYPE, () => capture.chunks({ frames: 1 } as never)],
    ['s24', 's24', TYPE, () => capture.readable({ format: 's24' as never })],
    ['objectMode', {}, TYPE, () => capture.readable({ objectMode: true } as never)],
  )
  for (const [name, value, code, call] of sync) {
    assertTells(t, t.throws(call), code, name, value)
  }
  t.deepEqual(capture.stats().readers, [])
})

test('record() refuses bad arguments before a file is made', async (t) => {
  const { capture } = await Stand.open(t, { channels: 2 })
  const file = path.join(dir, 'x.wav')
  const calls: [string, unknown, string, () => Promise<unknown>][] = []
  for (const [value, code] of oneOf) {
    calls.push(
      ['format', value, code, () => capture.record(file, { format: value as never })],
      ['gaps', value, code, () => capture.record(file, { gaps: value as never })],
      ['signal', value, code, () => capture.record(file, { signal: value as never })],
    )
  }
  for (const value of [undefined, null, 1, '', {}, ['x.wav'], Buffer.from('x.wav')]) {
    calls.push(['path', value, TYPE, () => capture.record(value as never)])
  }
  calls.push(['path', 'x\0.wav', TYPE, () => capture.record('x\0.wav')])
  for (const value of ['x', 'x.mp3', 'x.wav.txt', 'wav', path.join(dir, 'x.WAVE')]) {
    calls.push(['path', value, TYPE, () => capture.record(value)])
  }
  for (const value of [null, 1, 'f32', [], true]) {
    calls.push(['record', value, TYPE, () => capture.record(file, value as never)])
  }
  calls.push(['rate', {}, TYPE, () => capture.record(file, { rate: 1 } as never)])
  for (const [name, value, code, call] of calls) {
    assertTells(t, await t.throwsAsync(call), code, name, value)
  }
  t.false(existsSync(file))
  t.deepEqual(capture.stats().readers, [])
})

test('record() says what is wrong with a path', async (t) => {
  const { capture } = await Stand.open(t, { channels: 2 })
  const missing = path.join(dir, 'missing', 'x.wav')
  const error = await t.throwsAsync(capture.record(missing))
  t.like(error, { code: 'ERR_NOT_FOUND', name: 'NoxrunError' })
  t.true(error.message.includes(missing))
  const recording = await capture.record(path.join(dir, 'Loud.WAV'))
  await recording.stop()
  const folder = mkdtempSync(path.join(dir, 'folder-'))
  const nested = await t.throwsAsync(capture.record(path.join(folder, '..', path.basename(folder), 'a', '.wav')))
  t.like(nested, { code: 'ERR_NOT_FOUND' })
  t.deepEqual(capture.stats().readers, [])
})

test('after close() every call gives ERR_CLOSED, but for what looks back', async (t) => {
  const { capture } = await Stand.open(t, { channels: 2 })
  const closing = capture.close()
  const closed = { instanceOf: NoxrunError, code: 'ERR_CLOSED' }
  for (let n = 0; n < 2; n++) {
    // At once, and when it has closed.
    t.throws(() => capture.chunks(), closed)
    t.throws(() => capture[Symbol.asyncIterator](), closed)
    t.throws(() => capture.readable(), closed)
    t.throws(() => capture.meter(), closed)
    t.throws(() => { capture.pause() }, closed)
    t.throws(() => { capture.resume() }, closed)
    await t.throwsAsync(capture.record(path.join(dir, 'closed.wav')), closed)
    t.is(capture.close(), closing, 'the same promise')
    await closing
  }
  t.false(existsSync(path.join(dir, 'closed.wav')))
  t.deepEqual(capture.stats(), await closing)
  t.deepEqual(capture.warnings, [])
})
