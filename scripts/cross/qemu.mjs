// Node of another processor, run here by qemu's user-mode emulator. Programs that it starts as "itself" must go
// through the wrapper as well: nothing is registered with this machine's kernel.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inRoot } from '../lib/paths.mjs'
import { nodeBinary } from '../lib/node-binaries.mjs'
import { isOnPath } from '../setup/system.mjs'

/**
 * @typedef {object} Emulated
 * @property {string} node Node of the target, as one program. Sees itself as such when it starts others.
 * @property {string} preload What the Node that starts the tests must `--import`, with NOXRUN_EXEC_PATH set.
 */

/**
 * @param {import('./targets.mjs').Target} target One with glibc.
 * @returns {Promise<Emulated>}
 * @throws {Error} When the emulator or the target's C library is not installed.
 */
export async function emulated(target) {
  const program = [target.qemu, `${target.qemu}-static`].find(isOnPath)
  const root = `/usr/${target.triple.replace('-unknown', '').replace('armv7', 'arm')}`
  if (program === undefined || !existsSync(path.join(root, 'lib'))) {
    throw new Error(`${target.qemu} and the C library in ${root} are needed: apt-get install qemu-user-static libstdc++6-${target.debian}-cross`)
  }
  const node = await nodeBinary(target.node.version, target.node.arch)
  const preload = inRoot('scripts', 'cross', 'exec-path.mjs')
  const file = inRoot('target', 'cross', 'bin', `node-${target.id}`)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\nNOXRUN_EXEC_PATH='${file}' exec '${program}' -L '${root}' '${node}' --import '${preload}' "$@"\n`)
  chmodSync(file, 0o755)
  return { node: file, preload }
}
