// Other people's programs, as second witnesses. One that is missing fails the test and says why.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'

/** What `program` prints; throws when it cannot be run or fails. */
export function ask(program: string, args: readonly string[]): Buffer {
  const { error, status, stdout, stderr } = spawnSync(program, args, { maxBuffer: 2 ** 30 })
  if (error) throw new Error(`${program} cannot be run (${error.message}); npm run setup installs it`)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status ?? 'a signal'}: ${stderr.toString()}`)
  return stdout
}

/** A file's samples as SoX reads them, interleaved, as integers of `bits` bits. */
export function soxIntegers(file: string, bits: 16 | 24 | 32): number[] {
  const raw = ask('sox', ['-D', file, '-t', 'raw', '-e', 'signed', '-b', String(bits), '-L', '-'])
  const width = bits / 8
  return Array.from({ length: raw.length / width }, (_, n) => raw.readIntLE(n * width, width))
}

/** A file's samples as libsndfile reads them, interleaved, full scale 1; `kind` is what it stores. */
export function sndfileSamples(file: string, kind: 'floats' | 'integers'): Float64Array {
  const out = `${file}.au`
  // Without a detour over floats, which would scale integers to the loudest sample.
  ask('sndfile-convert', [kind === 'floats' ? '-float32' : '-pcm32', file, out])
  // The AU format: big-endian words, the second of which says where the sound begins.
  const bytes = readFileSync(out)
  rmSync(out)
  const start = bytes.readUInt32BE(4)
  const read = kind === 'floats' ? (at: number) => bytes.readFloatBE(at) : (at: number) => bytes.readInt32BE(at) / 2 ** 31
  return Float64Array.from({ length: (bytes.length - start) / 4 }, (_, n) => read(start + 4 * n))
}

/** A file's length in frames as libsndfile finds it. */
export function sndfileFrames(file: string): number {
  const info = ask('sndfile-info', [file]).toString()
  return Number(/^Frames +: (\d+)$/m.exec(info)?.[1] ?? NaN)
}
