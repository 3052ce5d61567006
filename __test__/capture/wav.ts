// A WAV reader for tests that check recordings: written from the format's description, not from the
// project's own reader or writer, and strict about every size.
import { readFileSync } from 'node:fs'

export interface Wav {
  format: 'f32' | 's24' | 's16'
  channels: number
  sampleRate: number
  frames: number
  /** Interleaved: floats as they stand, integers as they stand. */
  values: Float64Array
}

const IEEE_FLOAT = 3
const PCM = 1
const EXTENSIBLE = 0xfffe

function check(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`not a valid WAV file: ${what}`)
}

/**
 * Reads a file.
 * @param isComplete Whether it was finished; one that was cut off may hold more than its header says.
 */
export function readWav(path: string, isComplete = true): Wav {
  const bytes = readFileSync(path)
  const name = (at: number): string => bytes.toString('latin1', at, at + 4)
  check(bytes.length >= 44 && name(0) === 'RIFF' && name(8) === 'WAVE', 'its beginning')
  const riffEnd = 8 + bytes.readUInt32LE(4)
  check(isComplete ? riffEnd === bytes.length : riffEnd <= bytes.length, `RIFF ends at ${riffEnd} of ${bytes.length}`)

  const chunks = new Map<string, Buffer>()
  let at = 12
  while (at < riffEnd) {
    check(at + 8 <= riffEnd, 'a chunk without a header')
    const length = bytes.readUInt32LE(at + 4)
    check(at + 8 + length <= riffEnd, `chunk ${name(at)} reaches beyond the file`)
    check(!chunks.has(name(at)), `two chunks ${name(at)}`)
    chunks.set(name(at), bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length + (length % 2)
  }
  check(at === riffEnd, 'padding')

  const [format, data] = [chunks.get('fmt '), chunks.get('data')]
  if (!format || !data) throw new Error('not a valid WAV file: a chunk is missing')
  const tag = format.readUInt16LE(0)
  const coding = tag === EXTENSIBLE ? format.readUInt16LE(24) : tag
  const channels = format.readUInt16LE(2)
  const sampleRate = format.readUInt32LE(4)
  const frameLength = format.readUInt16LE(12)
  const bits = format.readUInt16LE(14)
  check((coding === IEEE_FLOAT && bits === 32) || (coding === PCM && (bits === 16 || bits === 24)), `coding ${coding}, ${bits} bits`)
  check(frameLength === (channels * bits) / 8, 'frame length')
  check(format.readUInt32LE(8) === sampleRate * frameLength, 'bytes a second')
  check(data.length % frameLength === 0, 'the last frame is not whole')
  const frames = data.length / frameLength
  const fact = chunks.get('fact')
  check(fact === undefined || fact.readUInt32LE(0) === frames, 'fact')
  const read = {
    16: (n: number) => data.readInt16LE(2 * n),
    24: (n: number) => data.readIntLE(3 * n, 3),
    32: (n: number) => data.readFloatLE(4 * n),
  }[bits as 16 | 24 | 32]
  return {
    format: bits === 32 ? 'f32' : bits === 24 ? 's24' : 's16',
    channels,
    sampleRate,
    frames,
    values: Float64Array.from({ length: frames * channels }, (_, n) => read(n)),
  }
}
