// Builds the native module and the C library for a target with cargo and zig.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { inRoot } from '../lib/paths.mjs'
import { step } from '../lib/steps.mjs'

/** One target folder for all, so that build scripts and macros are compiled once. */
export const buildDir = inRoot('target', 'cross', 'build')

/**
 * @typedef {object} Built
 * @property {string} module The native module.
 * @property {string} shared The C library's two files.
 * @property {string} archive
 */

/**
 * Where a target's files go.
 * @param {import('./targets.mjs').Target} target
 * @param {boolean} quick
 * @returns {Built}
 */
export function builtFiles(target, quick) {
  const dir = inRoot('target', 'cross', quick ? 'quick' : '.', target.id)
  return {
    module: path.join(dir, `noxrun.${target.id}.node`),
    shared: path.join(dir, 'capi', 'libnoxrun.so'),
    archive: path.join(dir, 'capi', 'libnoxrun.a'),
  }
}

/**
 * The beginning of every cargo command for a target.
 * @param {import('./targets.mjs').Target} target
 * @param {'build' | 'test'} what
 * @param {boolean} quick
 * @returns {string[]}
 */
export function cargoArgs(target, what, quick) {
  const floor = target.glibc === null ? '' : `.${target.glibc}`
  return [
    ...(what === 'build' ? ['zigbuild'] : ['test']),
    '--locked', '--target', `${target.triple}${floor}`, '--target-dir', buildDir,
    '--profile', quick ? 'release-test' : 'release',
  ]
}

/**
 * @param {import('./targets.mjs').Target} target
 * @param {import('./toolchain.mjs').Toolchain} toolchain
 * @param {{ quick?: boolean }} [options] `quick`: without the optimisation over all crates at once.
 * @returns {Promise<Built>}
 */
export async function build(target, toolchain, { quick = false } = {}) {
  const args = [...cargoArgs(target, 'build', quick), '-p', 'noxrun-node', '-p', 'noxrun-capi']
  // Lines in backtraces would be stripped in the end: not made, they cost no time.
  const slim = { CARGO_PROFILE_RELEASE_DEBUG: '0', CARGO_PROFILE_RELEASE_STRIP: 'symbols', CARGO_PROFILE_RELEASE_TEST_STRIP: 'symbols' }
  await step(`Rust for ${target.id}`, toolchain.zigbuild, args, {
    env: { ...toolchain.env, ...slim }, log: `cross-${target.id}`, timeout: 60 * 60_000,
    remedy: 'The error above comes from cargo or zig. Deleting target/cross begins anew.',
  })
  const out = path.join(buildDir, target.triple, quick ? 'release-test' : 'release')
  const files = builtFiles(target, quick)
  for (const [from, to] of /** @type {const} */ ([
    ['libnoxrun_node.so', files.module], ['libnoxrun.so', files.shared], ['libnoxrun.a', files.archive],
  ])) {
    mkdirSync(path.dirname(to), { recursive: true })
    // A process that has the old file mapped keeps it.
    rmSync(to, { force: true })
    copyFileSync(path.join(out, from), to)
  }
  return files
}

/** The machine that the scripts run on can build for others. */
export function checkHost() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`this runs on x64 Linux only, not on ${process.platform} ${process.arch}`)
  }
}
