// The C11 and the C++17 program of crates/capi/tests/c, built for another machine with zig and run
// there: C against the static library, C++ against the shared one.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { inRoot } from '../lib/paths.mjs'
import { run, tail } from '../lib/process.mjs'

const STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-O1', '-g']

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} env
 * @returns {Promise<string>} The last line of what it printed.
 */
async function must(command, args, env) {
  const { status, output } = await run(command, args, { env, timeout: 300_000 })
  if (status !== 0) throw new Error(`status ${status}:\n${tail(output, 30)}`)
  return tail(output, 1)
}

/**
 * @param {import('./targets.mjs').Target} target
 * @param {import('./toolchain.mjs').Toolchain} toolchain
 * @param {import('./qemu.mjs').Emulated} machine
 * @param {import('./build.mjs').Built} files
 * @param {import('../lib/checks.mjs').Checks} checks
 * @returns {Promise<void>}
 */
export async function cTests(target, toolchain, machine, files, checks) {
  const sources = inRoot('crates', 'capi', 'tests', 'c')
  const include = inRoot('crates', 'capi', 'include')
  const work = mkdtempSync(inRoot('target', 'cross', 'capi-'))
  const zig = (/** @type {string} */ driver) => ['-m', 'ziglang', driver, '-target', target.zig]
  const [c, cpp] = [path.join(work, 'test-c'), path.join(work, 'test-cpp')]
  try {
    copyFileSync(files.shared, path.join(work, 'libnoxrun.so'))
    await checks.check(`${target.id}: the C11 program builds`, () => must(toolchain.zig, [
      ...zig('cc'), '-std=c11', ...STRICT, `-I${include}`, path.join(sources, 'test.c'), files.archive,
      '-lunwind', '-lpthread', '-lm', '-ldl', '-o', c,
    ], toolchain.env))
    await checks.check(`${target.id}: the C11 program, static`, () => must(machine.run, [c, path.join(work, 'c.wav')], {}))
    await checks.check(`${target.id}: the C++17 program builds`, () => must(toolchain.zig, [
      ...zig('c++'), '-std=c++17', ...STRICT, `-I${include}`, path.join(sources, 'test.cpp'), `-L${work}`, '-lnoxrun', '-o', cpp,
    ], toolchain.env))
    // The emulator's own -E, so that the library is not offered to programs of this machine.
    await checks.check(`${target.id}: the C++17 program, shared`, () => must(machine.run, ['-E', `LD_LIBRARY_PATH=${work}`, cpp], {}))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
