// Builds the native module and the C library for a target with cargo and zig.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { inRoot } from '../lib/paths.mjs'
import { step } from '../lib/steps.mjs'

/** One target folder for all, so that build scripts and macros are compiled once. */
const buildDir = inRoot('target', 'cross', 'build')

/**
 * Where a target's files go: the native module, and the C library's two.
 * @param {import('./targets.mjs').Target} target
 */
export function builtFiles(target) {
  const dir = inRoot('target', 'cross', target.id)
  return { module: path.join(dir, `noxrun.${target.id}.node`), shared: path.join(dir, 'capi', 'libnoxrun.so'), archive: path.join(dir, 'capi', 'libnoxrun.a') }
}

/**
 * @param {import('./targets.mjs').Target} target
 * @param {import('./toolchain.mjs').Toolchain} toolchain
 */
export async function build(target, toolchain) {
  const floor = target.glibc === null ? '' : `.${target.glibc}`
  await step(`Rust for ${target.id}`, toolchain.zigbuild, [
    'zigbuild', '--locked', '--target', `${target.triple}${floor}`, '--target-dir', buildDir, '--release', '-p', 'noxrun-node', '-p', 'noxrun-capi',
  ], {
    // Lines in backtraces would be stripped in the end: not made, they cost no time.
    env: { ...toolchain.env, CARGO_PROFILE_RELEASE_DEBUG: '0', CARGO_PROFILE_RELEASE_STRIP: 'symbols' }, log: `cross-${target.id}`, timeout: 60 * 60_000,
    remedy: 'The error above comes from cargo or zig. Deleting target/cross begins anew.',
  })
  const out = path.join(buildDir, target.triple, 'release')
  const files = builtFiles(target)
  for (const [from, to] of /** @type {const} */ ([['libnoxrun_node.so', files.module], ['libnoxrun.so', files.shared], ['libnoxrun.a', files.archive]])) {
    mkdirSync(path.dirname(to), { recursive: true })
    // A process that has the old file mapped keeps it.
    rmSync(to, { force: true })
    copyFileSync(path.join(out, from), to)
  }
  return files
}
