// The binaries that go into the platforms' packages: where they are looked for, and whether each is what
// its name says.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { cargoTargetDir, root } from '../lib/paths.mjs'
import { binaryName } from './platforms.mjs'

/** @typedef {import('./platforms.mjs').Platform} Platform */

/** Number of the processor in an ELF, Mach-O or PE file. */
const ELF = { x64: 62, arm64: 183, arm: 40 }
const MACH_O = { x64: 0x01000007, arm64: 0x0100000c, arm: -1 }
const PE = { x64: 0x8664, arm64: 0xaa64, arm: -1 }

/**
 * @param {Buffer} binary
 * @param {Platform} platform
 */
function fits(binary, { os, cpu }) {
  if (os === 'linux') return binary.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1')) && binary.readUInt16LE(18) === ELF[cpu]
  if (os === 'darwin') return binary.readUInt32LE(0) === 0xfeedfacf && binary.readInt32LE(4) === MACH_O[cpu]
  const header = binary.readUInt32LE(0x3c)
  return binary.toString('latin1', 0, 2) === 'MZ' && binary.readUInt16LE(header + 4) === PE[cpu]
}

/**
 * The binary of a platform; null when there is none.
 * @param {Platform} platform
 * @param {string} [binaries] A folder to look in instead of the usual places.
 * @returns {{ file: string, content: Buffer } | null}
 * @throws {Error} When the file is for another system or processor.
 */
export function findBinary(platform, binaries) {
  const name = binaryName(platform)
  const places = binaries !== undefined
    ? [path.join(binaries, platform.id), binaries]
    // What the cross build made runs on more systems than what a plain build left in the checkout.
    : [path.join(cargoTargetDir(), 'cross', platform.id), root]
  const file = places.map((dir) => path.join(dir, name)).find((candidate) => existsSync(candidate))
  if (file === undefined) return null
  const content = readFileSync(file)
  if (content.length < 1024 || !fits(content, platform)) throw new Error(`${file} is no binary for ${platform.title}`)
  return { file, content }
}
