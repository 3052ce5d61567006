// What was recorded, read back by other people's programs: SoX, libsndfile and the FLAC decoder.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { ask, sndfileSamples, soxIntegers } from '../support/programs'
import { Stand, identity } from './stand'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-programs-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

const FRAMES = 12_345

for (const channels of [1, 2, 3, 8]) {
  for (const [kind, format] of [['wav', 'f32'], ['wav', 's24'], ['wav', 's16'], ['flac', 's24'], ['flac', 's16']] as const) {
    test(`${channels} channels of ${format} in .${kind} are the same sound to every program`, async (t) => {
      const stand = await Stand.open(t, { channels }, { channels, sampleRate: 44_100 })
      const file = path.join(dir, `${channels}-${format}.${kind}`)
      const recording = await stand.capture.record(file, { format })
      await stand.record(FRAMES)
      t.like(await recording.stop(), { frames: FRAMES, dropped: 0 })

      // From the definition: n / 2^(bits − 1), halves to even; these are all of one sign.
      const exact = Array.from({ length: FRAMES * channels }, (_, n) => identity(Math.floor(n / channels), n % channels, channels))
      const full = format === 's16' ? 2 ** 15 : 2 ** 23
      const rounded = exact.map((x) => {
        const [below, rest] = [Math.floor(x * full), (x * full) % 1]
        return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
      })
      const floats = format === 'f32' ? exact : rounded.map((n) => n / full)
      t.deepEqual(sndfileSamples(file, format === 'f32' ? 'floats' : 'integers'), Float64Array.from(floats), 'libsndfile')
      if (format !== 'f32') t.deepEqual(soxIntegers(file, format === 's16' ? 16 : 24), rounded, 'SoX')
      t.is(ask('sox', ['--i', '-s', file]).toString().trim(), String(FRAMES))
      t.is(ask('sox', ['--i', '-c', file]).toString().trim(), String(channels))
      t.is(ask('sox', ['--i', '-r', file]).toString().trim(), '44100')
      if (kind === 'flac') {
        // It checks every checksum, that of the whole sound included, and takes warnings for errors.
        ask('flac', ['--test', '--silent', '--warnings-as-errors', file])
        const raw = `${file}.raw`
        ask('flac', ['--decode', '--silent', '--force-raw-format', '--endian=little', '--sign=signed', '-o', raw, file])
        const bytes = readFileSync(raw)
        const width = format === 's16' ? 2 : 3
        t.deepEqual(Array.from({ length: bytes.length / width }, (_, n) => bytes.readIntLE(n * width, width)), rounded, 'flac')
      }
    })
  }
}
