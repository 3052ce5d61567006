// Programs of other machines, run here by qemu's user-mode emulator, or by musl's loader where that is enough. Nothing is registered with this
// machine's kernel: programs that such a program starts must go through the wrappers as well.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { inRoot } from '../lib/paths.mjs'
import { nodeBinary } from '../lib/node-binaries.mjs'
import { SetupError } from '../lib/steps.mjs'
import { isOnPath } from '../setup/system.mjs'
import { hasDebianMirror, unpacked } from './debian.mjs'
import { muslNode } from './musl.mjs'

const SUITE = 'trixie'

/**
 * @typedef {object} Emulated
 * @property {string} run A program that runs the program given to it as the target's machine would.
 * @property {string} root What stands for / of that machine: its C library.
 * @property {boolean} hasAsound Whether that has libasound, too.
 * @property {string} node Node of the target, as one program. Sees itself as such when it starts others.
 * @property {string} preload What the Node that starts the tests must `--import`, with NOXRUN_EXEC_PATH set.
 */

/**
 * @param {string} name
 * @param {string} text
 */
function wrapper(name, text) {
  const file = inRoot('target', 'cross', 'bin', name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}

/**
 * The emulator and the files of the target's system: Debian's, unpacked; elsewhere those of the
 * machine, as Ubuntu's packages qemu-user-static and libstdc++6-<architecture>-cross bring them.
 * @param {import('./targets.mjs').Target} target
 * @returns {Promise<{ program: string, root: string, hasAsound: boolean }>}
 * @throws {SetupError} When there is neither.
 */
async function system(target) {
  if (await hasDebianMirror()) {
    const qemu = await unpacked('qemu', { suite: SUITE, alone: ['qemu-user'] })
    // Of Debian's packages none but the C library itself is for musl.
    const root = target.glibc === null ? await unpacked(`musl-${target.debian}`, {
      suite: SUITE, alone: [`musl:${target.debian}`],
    }) : await unpacked(`system-${target.debian}`, {
      suite: SUITE, whole: ['libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1', 'libasound2t64'].map((name) => `${name}:${target.debian}`),
    })
    return { program: path.join(qemu, 'usr', 'bin', target.qemu), root, hasAsound: target.glibc !== null }
  }
  if (target.glibc === null) throw new SetupError(`what is built for ${target.id} runs here only where apt knows a mirror of Debian: musl comes from there`)
  const program = [target.qemu, `${target.qemu}-static`].find(isOnPath)
  const root = `/usr/${target.zig.replace(/\..*/, '')}`
  if (program === undefined || !existsSync(path.join(root, 'lib'))) {
    throw new SetupError(`${target.qemu} and the C library in ${root} are needed: on Ubuntu, qemu-user-static and libstdc++6-${target.debian}-cross`)
  }
  return { program, root, hasAsound: false }
}

/**
 * The means to run what is built for a target.
 * @param {import('./targets.mjs').Target} target
 * @returns {Promise<Emulated>}
 */
export async function emulated(target) {
  const { program, root, hasAsound } = await system(target)
  const run = wrapper(`run-${target.id}`, `#!/bin/sh\nexec '${program}' -L '${root}' "$@"\n`)
  // What is for this processor and only wants another C library runs at full speed, through its loader.
  const isOwn = target.glibc === null && target.node.arch === process.arch
  const through = isOwn ? `'${path.join(root, 'lib', `ld-musl-${target.triple.replace(/-.*/, '')}.so.1`)}'` : `'${program}' -L '${root}'`
  const node = await (target.glibc === null ? muslNode : nodeBinary)(target.node.version, target.node.arch)
  const preload = inRoot('scripts', 'cross', 'exec-path.mjs')
  const file = inRoot('target', 'cross', 'bin', `node-${target.id}`)
  return {
    run, root, hasAsound, preload,
    node: wrapper(`node-${target.id}`, `#!/bin/sh\nNOXRUN_EXEC_PATH='${file}' exec ${through} '${node}' --import '${preload}' "$@"\n`),
  }
}
