// What comes out of load(): the samples that are in the file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type SampleSource, probe } from '../../index'
import { noise, wavFile } from '../support/signal'
import { RATE, channel, flat, isHeard, isSame, rejectsCode, stage, throwsCode } from './stage'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-load-'))
test.after.always(() => {
  rmSync(dir, { recursive: true, force: true })
})

interface Format {
  /** 1 is integer, 3 float. */
  tag: 1 | 3
  bits: number
  extensible?: boolean
}

/** A WAV file built by hand, byte by byte. `values` are stored as they are: integers as integers. */
function wav({ tag, bits, extensible = false }: Format, values: number[][], rate = RATE): Buffer {
  const bytes = bits / 8
  const [channels, frames] = [values.length, values[0]?.length ?? 0]
  const fmt = Buffer.alloc(extensible ? 40 : 16)
  fmt.writeUInt16LE(extensible ? 0xfffe : tag, 0)
  fmt.writeUInt16LE(channels, 2)
  fmt.writeUInt32LE(rate, 4)
  fmt.writeUInt32LE(rate * channels * bytes, 8)
  fmt.writeUInt16LE(channels * bytes, 12)
  fmt.writeUInt16LE(bits, 14)
  if (extensible) {
    fmt.writeUInt16LE(22, 16)
    fmt.writeUInt16LE(bits, 18)
    fmt.writeUInt32LE(0, 20)
    fmt.writeUInt16LE(tag, 24)
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(fmt, 26)
  }
  const data = Buffer.alloc(frames * channels * bytes)
  for (let n = 0; n < frames; n++) {
    for (const [c, one] of values.entries()) {
      const at = (n * channels + c) * bytes
      const value = one[n] ?? 0
      if (tag === 3 && bits === 32) data.writeFloatLE(value, at)
      else if (tag === 3) data.writeDoubleLE(value, at)
      else if (bits === 8) data.writeUInt8(value + 128, at)
      else data.writeIntLE(value, at, bytes)
    }
  }
  const chunk = (id: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(8)
    head.write(id, 0, 'latin1')
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
  }
  const body = Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', fmt), chunk('data', data)])
  const head = Buffer.alloc(8)
  head.write('RIFF', 0)
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body])
}

/** Loads a source and plays it: what is heard is what was loaded. */
async function heard(t: ExecutionContext, source: SampleSource, sampleRate = RATE): Promise<Float32Array[]> {
  const { engine, play } = await stage(t, { safetyLimiter: false }, { sampleRate })
  const sample = await engine.load(source)
  t.is(sample.sampleRate, sampleRate)
  t.is(sample.duration, sample.frames / sampleRate)
  engine.createTrack().play(sample)
  return play(sample.frames)
}

for (const bits of [8, 16, 24, 32]) {
  for (const extensible of [false, true]) {
    test(`${bits}-bit integers are n / 2^${bits - 1}${extensible ? ', from an extensible header' : ''}`, async (t) => {
      const top = 2 ** (bits - 1)
      const values = [0, 1, -1, 2, top / 2, -top / 2, top - 1, -top, 100, -100]
      const reversed = values.toReversed()
      const output = await heard(t, wav({ tag: 1, bits, extensible }, [values, reversed]))
      isHeard(t, channel(output, 0), (n) => (values[n] ?? NaN) / top)
      isHeard(t, channel(output, 1), (n) => (reversed[n] ?? NaN) / top)
      t.is(channel(output, 0).length, values.length)
    })
  }
}

for (const bits of [32, 64]) {
  for (const extensible of [false, true]) {
    test(`${bits}-bit floats are what they are${extensible ? ', from an extensible header' : ''}`, async (t) => {
      const values = [0, 0.1, -0.1, 1, -1, 1.5, -3, 1e-20, 1 / 3]
      const output = await heard(t, wav({ tag: 3, bits, extensible }, [values, values]))
      isHeard(t, channel(output, 0), (n) => values[n] ?? NaN)
      t.is(channel(output, 0).length, values.length)
    })
  }
}

test('a file comes by path, by file URL, as bytes, and as a view into a larger buffer', async (t) => {
  const [left, right] = [noise(1000, 1), noise(1000, 2)]
  const bytes = wavFile([left, right], RATE)
  const file = path.join(dir, 'with space & ümlaut #1?.wav')
  writeFileSync(file, bytes)
  const padded = new Uint8Array(bytes.length + 200)
  padded.set(bytes, 100)
  const sources = [file, pathToFileURL(file), Buffer.from(bytes), padded.subarray(100, 100 + bytes.length)]
  for (const source of sources) {
    const output = await heard(t, source)
    isSame(t, channel(output, 0), left)
    isSame(t, channel(output, 1), right)
  }
})

test('PCM is copied before load() returns, bytes too', async (t) => {
  const { engine, play } = await stage(t)
  const signal = noise(2000, 3)
  const mine = signal.slice()
  const file = Buffer.from(wavFile([signal, signal], RATE))
  const loading = [engine.load({ channelData: [mine, mine], sampleRate: RATE }), engine.load(file)]
  mine.fill(0)
  file.fill(0)
  for (const sample of await Promise.all(loading)) {
    const voice = engine.createTrack().play(sample)
    isSame(t, channel(await play(2000), 0), signal)
    await voice.ended
  }
})

test('another rate is converted: round(n · out / in) frames of the same tone in the same place', async (t) => {
  for (const [from, to] of [[44_100, 48_000], [48_000, 44_100], [8000, 48_000], [96_000, 48_000], [22_050, 32_000]] as const) {
    const frames = 10_007
    const tone = (rate: number) => (n: number) => 0.5 * Math.sin((2 * Math.PI * 441 * n) / rate)
    const source = Float32Array.from({ length: frames }, (_, n) => tone(from)(n))
    const expected = Math.round((frames * to) / from)
    for (const input of [{ channelData: [source, source], sampleRate: from }, wavFile([source, source], from)]) {
      const output = channel(await heard(t, input, to), 0)
      t.is(output.length, expected, `${from} -> ${to}`)
      isHeard(t, output, tone(to), 1e-3, 500, expected - 500)
    }
  }
})

test('a converted sound of no frames has none, one of one frame its share', async (t) => {
  const { engine } = await stage(t)
  for (const frames of [0, 1, 2, 3]) {
    const sample = await engine.load({ channelData: [flat(0.5, frames)], sampleRate: 44_100 })
    t.is(sample.frames, Math.round((frames * RATE) / 44_100))
  }
})

test('progress rises to 1 and is told before the load resolves', async (t) => {
  const { engine } = await stage(t)
  const fractions: number[] = []
  const source = { channelData: [noise(RATE, 1)], sampleRate: 44_100 }
  await engine.load(source, { onProgress: (fraction) => fractions.push(fraction) })
  t.is(fractions.at(-1), 1)
  t.true(fractions.every((fraction, i) => fraction >= 0 && fraction <= 1 && fraction > (fractions[i - 1] ?? -1)))
})

test('an aborted load rejects with an AbortError, before and during', async (t) => {
  const { engine } = await stage(t)
  const source = { channelData: [noise(3_000_000, 1)], sampleRate: 44_100 }
  const controller = new AbortController()
  const loading = engine.load(source, { signal: controller.signal })
  controller.abort(new Error('why'))
  const error = await t.throwsAsync(loading)
  t.is(error.name, 'AbortError')
  t.is((error.cause as Error).message, 'why')
  const late = engine.load(source, { signal: AbortSignal.abort() })
  t.is((await t.throwsAsync(late)).name, 'AbortError')
})

test('a disposed sample cannot be played, but what plays it goes on', async (t) => {
  const { engine, play, sample } = await stage(t)
  const long = await sample(flat(0.5, 2000), flat(0.5, 2000))
  const track = engine.createTrack()
  const voice = track.play(long)
  long.dispose()
  long.dispose()
  throwsCode(t, () => track.play(long), 'ERR_INVALID_STATE', ['disposed'])
  isHeard(t, channel(await play(2000), 0), () => 0.5)
  t.is((await voice.ended).reason, 'finished')
  t.is(long.frames, 2000)
})

test('a sample plays in any engine of its rate, and in no other', async (t) => {
  const here = await stage(t)
  const there = await stage(t)
  const other = await stage(t, {}, { sampleRate: 44_100 })
  const sample = await here.sample(flat(0.5, 100), flat(0.5, 100))
  there.engine.createTrack().play(sample)
  isHeard(t, channel(await there.play(100), 0), () => 0.5)
  throwsCode(t, () => other.engine.createTrack().play(sample), 'ERR_INVALID_ARG', ['48000', '44100'])
})

test('a path that is not there, a folder, and what may not be read', async (t) => {
  const { engine } = await stage(t)
  const missing = path.join(dir, 'missing.wav')
  await rejectsCode(t, engine.load(missing), 'ERR_NOT_FOUND', [missing])
  await rejectsCode(t, engine.load(path.join(dir, 'no', 'folder.wav')), 'ERR_NOT_FOUND')
  await rejectsCode(t, engine.load(pathToFileURL(missing)), 'ERR_NOT_FOUND')
  const folder = await t.throwsAsync(engine.load(dir))
  t.true(['ERR_IO', 'ERR_DECODE'].includes((folder as { code?: string }).code ?? ''), folder.message)
})

// Serial: it looks at the process's memory.
test.serial('a broken file gives ERR_DECODE or the frames that are really there', async (t) => {
  const { engine } = await stage(t)
  const whole = Buffer.from(wavFile([noise(500, 1), noise(500, 2)], RATE))
  const lying = Buffer.from(whole)
  lying.writeUInt32LE(0xffff_fff0, 40)
  const noChannels = Buffer.from(whole)
  noChannels.writeUInt16LE(0, 22)
  const noRate = Buffer.from(whole)
  noRate.writeUInt32LE(0, 24)
  const cases: [string, Uint8Array][] = [
    ['empty', new Uint8Array()],
    ['one byte', whole.subarray(0, 1)],
    ['only RIFF', whole.subarray(0, 12)],
    ['text', Buffer.from('this is no sound at all, only a line of text')],
    ['no channels', noChannels],
    ['no rate', noRate],
    ['random', Buffer.from(noise(3000, 9).buffer)],
    ['RIFF and random', Buffer.concat([whole.subarray(0, 12), Buffer.from(noise(500, 9).buffer)])],
  ]
  for (const [what, bytes] of cases) await rejectsCode(t, engine.load(bytes), 'ERR_DECODE', [], what)
  t.is((await engine.load(lying)).frames, 500)
  for (let cut = 0; cut < whole.length; cut += 37) {
    try {
      const { frames } = await engine.load(whole.subarray(0, cut))
      t.is(frames, Math.max(0, Math.floor((cut - 44) / 8)), `cut at ${cut}`)
    } catch (error) {
      t.is((error as { code?: string }).code, 'ERR_DECODE', `cut at ${cut}`)
    }
  }
  // Byte by byte through the header: never a crash, a hang or a huge allocation.
  const before = process.memoryUsage.rss()
  for (let i = 0; i < 44; i++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const bytes = Buffer.from(whole)
      bytes[i] = value
      await engine.load(bytes).catch((error: unknown) => {
        t.is((error as { code?: string }).code, 'ERR_DECODE', `byte ${i} = ${value}`)
      })
    }
  }
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20
  t.true(grown < 256, `${grown.toFixed(0)} MiB`)
})

test('tags come in the order of the file, every time', async (t) => {
  const tags = { XYZ: 'own', artist: 'Bob', IAAA: 'a', title: 'A tune', QQQQ: 'q' }
  const ids = ['XYZ ', 'IART', 'IAAA', 'INAM', 'QQQQ']
  const entries = Object.values(tags).map((text, n) => {
    const body = Buffer.from(text.length % 2 ? `${text}\0` : `${text}\0\0`)
    const head = Buffer.from(`${ids[n] ?? ''}\0\0\0\0`)
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body])
  })
  const list = Buffer.concat([Buffer.from('LIST\0\0\0\0INFO'), ...entries])
  list.writeUInt32LE(list.length - 8, 4)
  const file = Buffer.concat([wav({ tag: 1, bits: 16 }, [[1, 2]]), list])
  file.writeUInt32LE(file.length - 8, 4)
  for (let n = 0; n < 20; n++) {
    const found = Object.entries((await probe(file)).tags)
    t.deepEqual(found.map(([name, text]) => [name.trim(), text]), Object.entries(tags))
  }
})
