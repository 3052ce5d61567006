// A FLAC reader for tests that check what was written: from the format's description (RFC 9639), not
// from the project's own writer, and strict about every checksum.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface Flac {
  channels: number
  sampleRate: number
  bits: number
  frames: number
  /** Integers as they stand, one array a channel. */
  values: Int32Array[]
}

function check(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`not a valid FLAC file: ${what}`)
}

/** The remainder of a cyclic redundancy check, the highest bit first. */
function crc(bytes: Uint8Array, polynomial: number, width: 8 | 16): number {
  const top = 2 ** (width - 1)
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << (width - 8)
    for (let i = 0; i < 8; i++) sum = ((sum & top) !== 0 ? (sum << 1) ^ polynomial : sum << 1) & (2 ** width - 1)
  }
  return sum
}

class Bits {
  readonly bytes: Buffer
  /** The place of the next bit. */
  at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** A number without a sign, of up to 36 bits. */
  take(count: number): number {
    let value = 0
    for (let left = count; left > 0;) {
      const inByte = 8 - (this.at % 8)
      const taken = Math.min(inByte, left)
      const byte = this.bytes[this.at >> 3]
      if (byte === undefined) throw new Error('not a valid FLAC file: it ends in a frame')
      value = value * 2 ** taken + ((byte >> (inByte - taken)) & (2 ** taken - 1))
      this.at += taken
      left -= taken
    }
    return value
  }

  signed(count: number): number {
    if (count === 0) return 0
    const value = this.take(count)
    return value >= 2 ** (count - 1) ? value - 2 ** count : value
  }

  /** The zeros in front of the next one. */
  unary(): number {
    let zeros = 0
    while (this.take(1) === 0) zeros += 1
    return zeros
  }

  align(): void {
    this.at = Math.ceil(this.at / 8) * 8
  }
}

const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]]

/** Adds the residual of a prediction to `out`, which begins with the samples that warm it up. */
function predicted(bits: Bits, size: number, out: number[], coefficients: readonly number[], shift: number): void {
  const order = out.length
  const method = bits.take(2)
  check(method < 2, 'the coding of a residual')
  const parameterBits = method === 0 ? 4 : 5
  const partitions = 2 ** bits.take(4)
  check(size % partitions === 0, 'partitions')
  for (let p = 0; p < partitions; p++) {
    const count = size / partitions - (p === 0 ? order : 0)
    const parameter = bits.take(parameterBits)
    const escaped = parameter === 2 ** parameterBits - 1 ? bits.take(5) : -1
    for (let i = 0; i < count; i++) {
      const folded = escaped < 0 ? bits.unary() * 2 ** parameter + bits.take(parameter) : 0
      const residual = escaped >= 0 ? bits.signed(escaped) : folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
      const sum = coefficients.reduce((all, c, k) => all + c * (out[out.length - 1 - k] ?? 0), 0)
      out.push(residual + Math.floor(sum / 2 ** shift))
    }
  }
}

function subframe(bits: Bits, size: number, depth: number): number[] {
  check(bits.take(1) === 0, 'the padding of a subframe')
  const type = bits.take(6)
  const wasted = bits.take(1) === 1 ? bits.unary() + 1 : 0
  const width = depth - wasted
  let out: number[]
  const warmUp = (order: number): number[] => Array.from({ length: order }, () => bits.signed(width))
  if (type === 0) out = new Array<number>(size).fill(bits.signed(width))
  else if (type === 1) out = warmUp(size)
  else if (type >= 8 && type <= 12) {
    out = warmUp(type - 8)
    predicted(bits, size, out, FIXED[type - 8] ?? [], 0)
  } else if (type >= 32) {
    out = warmUp(type - 31)
    const precision = bits.take(4) + 1
    const shift = bits.signed(5)
    check(precision < 16 && shift >= 0, 'a predictor')
    const coefficients = Array.from({ length: type - 31 }, () => bits.signed(precision))
    predicted(bits, size, out, coefficients, shift)
  } else throw new Error(`not a valid FLAC file: subframe type ${type}`)
  return wasted === 0 ? out : out.map((value) => value * 2 ** wasted)
}

/** A number as in UTF-8. */
function codedNumber(bits: Bits): number {
  const first = bits.take(8)
  if (first < 0x80) return first
  const length = Math.clz32(~(first << 24))
  check(length >= 2 && length <= 7, 'the number of a frame')
  let value = first & (2 ** (7 - length) - 1)
  for (let i = 1; i < length; i++) {
    check(bits.take(2) === 2, 'the number of a frame')
    value = value * 64 + bits.take(6)
  }
  return value
}

/** Reads one frame into `out`, at `place`; its length. */
function frame(bits: Bits, { channels, bits: depth }: Flac, out: Int32Array[], place: number, number: number): number {
  const start = bits.at / 8
  check(bits.take(15) === 0x7ffc, 'the beginning of a frame')
  const isVariable = bits.take(1) === 1
  const sizeCode = bits.take(4)
  const rateCode = bits.take(4)
  const assignment = bits.take(4)
  const depthCode = bits.take(3)
  check(bits.take(1) === 0, 'a reserved bit')
  const coded = codedNumber(bits)
  check(coded === (isVariable ? place : number), 'the number of a frame')
  const size = sizeCode === 1 ? 192 : sizeCode <= 5 ? 576 * 2 ** (sizeCode - 2) : sizeCode >= 8 ? 2 ** sizeCode : bits.take(sizeCode === 6 ? 8 : 16) + 1
  check(sizeCode !== 0 && rateCode !== 15, 'the header of a frame')
  if (rateCode >= 12) bits.take(rateCode === 12 ? 8 : 16)
  check([0, 8, 12, undefined, 16, 20, 24, 32][depthCode] === depth || depthCode === 0, 'the depth of a frame')
  check(crc(bits.bytes.subarray(start, bits.at / 8), 0x07, 8) === bits.take(8), "a header's checksum")
  check(assignment < 8 ? assignment + 1 === channels : channels === 2 && assignment < 11, 'the channels of a frame')
  const sides = Array.from({ length: channels }, (_, c) => {
    const isSide = (assignment === 9 && c === 0) || ((assignment === 8 || assignment === 10) && c === 1)
    return subframe(bits, size, depth + (isSide ? 1 : 0))
  })
  bits.align()
  check(crc(bits.bytes.subarray(start, bits.at / 8), 0x8005, 16) === bits.take(16), "a frame's checksum")
  for (let n = 0; n < size; n++) {
    let [a, b] = [sides[0]?.[n] ?? 0, sides[1]?.[n] ?? 0]
    if (assignment === 8) b = a - b
    else if (assignment === 9) a += b
    else if (assignment === 10) {
      const middle = 2 * a + Math.abs(b % 2);
      [a, b] = [(middle + b) / 2, (middle - b) / 2]
    }
    for (const [c, lane] of out.entries()) lane[place + n] = c === 0 ? a : c === 1 ? b : (sides[c]?.[n] ?? 0)
  }
  return size
}

/** Reads a file whole. */
export function readFlac(path: string): Flac {
  const bits = new Bits(readFileSync(path))
  check(bits.take(32) === 0x664c_6143, 'its beginning')
  let info: { at: number } | undefined
  for (let isLast = false; !isLast;) {
    isLast = bits.take(1) === 1
    const type = bits.take(7)
    const length = bits.take(24)
    if (type === 0) info = { at: bits.at / 8 }
    bits.at += 8 * length
  }
  if (!info) throw new Error('not a valid FLAC file: no STREAMINFO')
  const end = bits.at
  bits.at = 8 * (info.at + 10)
  const sampleRate = bits.take(20)
  const channels = bits.take(3) + 1
  const flac: Flac = { sampleRate, channels, bits: bits.take(5) + 1, frames: bits.take(36), values: [] }
  const md5 = bits.bytes.toString('hex', bits.at / 8, bits.at / 8 + 16)
  bits.at = end
  flac.values = Array.from({ length: channels }, () => new Int32Array(flac.frames))
  let place = 0
  for (let number = 0; bits.at < 8 * bits.bytes.length; number++) place += frame(bits, flac, flac.values, place, number)
  check(place === flac.frames, `${place} frames of ${flac.frames}`)

  const width = flac.bits / 8
  const pcm = Buffer.alloc(flac.frames * channels * width)
  for (const [c, lane] of flac.values.entries()) {
    for (const [n, value] of lane.entries()) pcm.writeIntLE(value, (n * channels + c) * width, width)
  }
  check(createHash('md5').update(pcm).digest('hex') === md5, 'the checksum of its samples')
  return flac
}
