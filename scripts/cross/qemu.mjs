// Programs of other processors, run here by qemu's user-mode emulator. Nothing is registered with this
// machine's kernel: programs that such a program starts must go through the wrapper as well.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inRoot } from '../lib/paths.mjs'
import { nodeBinary } from '../lib/node-binaries.mjs'
import { SetupError } from '../lib/steps.mjs'
import { isOnPath } from '../setup/system.mjs'
import { hasDebianMirror, unpacked } from './debian.mjs'

const SUITE = 'trixie'

/**
 * @typedef {object} Emulated
 * @property {string} node Node of the target, as one program. Sees itself as such when it starts others.
 * @property {string} preload What the Node that starts the tests must `--import`, with NOXRUN_EXEC_PATH set.
 */

/**
 * The emulator and the folder that stands for / of the target's system: Debian's, unpacked; elsewhere that of
 * the machine, as Ubuntu's packages qemu-user-static and libstdc++6-<architecture>-cross bring it.
 * @param {import('./targets.mjs').Target} target
 */
async function system(target) {
  if (await hasDebianMirror()) {
    const qemu = await unpacked('qemu', { suite: SUITE, alone: ['qemu-user'] })
    const libraries = ['libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1', 'libasound2t64'].map((name) => `${name}:${target.debian}`)
    return { program: path.join(qemu, 'usr', 'bin', target.qemu), root: await unpacked(`system-${target.debian}`, { suite: SUITE, whole: libraries }) }
  }
  const program = [target.qemu, `${target.qemu}-static`].find(isOnPath)
  const root = `/usr/${target.triple.replace('-unknown', '').replace('armv7', 'arm')}`
  if (program !== undefined && existsSync(path.join(root, 'lib'))) return { program, root }
  throw new SetupError(`${target.qemu} and the C library in ${root} are needed: on Ubuntu, qemu-user-static and libstdc++6-${target.debian}-cross`)
}

/**
 * Node of a target with glibc, to be run here.
 * @param {import('./targets.mjs').Target} target
 * @returns {Promise<Emulated>}
 */
export async function emulated(target) {
  const { program, root } = await system(target)
  const node = await nodeBinary(target.node.version, target.node.arch)
  const preload = inRoot('scripts', 'cross', 'exec-path.mjs')
  const file = inRoot('target', 'cross', 'bin', `node-${target.id}`)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\nNOXRUN_EXEC_PATH='${file}' exec '${program}' -L '${root}' '${node}' --import '${preload}' "$@"\n`)
  chmodSync(file, 0o755)
  return { node: file, preload }
}
