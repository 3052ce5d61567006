// The Rust crates' tests, compiled for another machine and run through the emulator.
import { fromCargo } from '../lib/counts.mjs'
import { run } from '../lib/process.mjs'
import { cargoArgs } from './build.mjs'

/**
 * @typedef {object} Suite
 * @property {string} crate
 * @property {readonly string[]} quick Test programs of the quick run; the whole one takes all.
 */

/**
 * What the sound is made of, and what calls libasound. Left out: crates/device and crates/session,
 * whose tests need a server or the clock of a machine that is not emulated (their JavaScript tests
 * run), and crates/media, whose tests start programs and themselves.
 * @type {readonly Suite[]}
 */
export const suites = [
  { crate: 'noxrun-asound', quick: ['--lib'] },
  { crate: 'noxrun-kernels', quick: ['--lib', '--test', 'fir', '--test', 'formulas', '--test', 'levels', '--test', 'environment'] },
  { crate: 'noxrun-engine', quick: ['--test', 'blocks', '--test', 'exact', '--test', 'sound'] },
  { crate: 'noxrun-resample', quick: ['--lib'] },
  { crate: 'noxrun-capture', quick: ['--test', 'chunker', '--test', 'conservation'] },
]

/**
 * @param {import('./targets.mjs').Target} target
 * @param {import('./toolchain.mjs').Toolchain} toolchain
 * @param {import('./qemu.mjs').Emulated} machine
 * @param {boolean} quick
 * @returns {Promise<import('../lib/counts.mjs').Counts & { skippedSuites?: string[] }>}
 */
export async function rustTests(target, toolchain, machine, quick) {
  const runner = `CARGO_TARGET_${target.triple.toUpperCase().replaceAll('-', '_')}_RUNNER`
  const env = { ...toolchain.env, [runner]: machine.run, NOXRUN_TEST_RUNNER: machine.run, NOXRUN_TEST_ASOUND: '1' }
  const common = cargoArgs(target, 'test', true)
  // One command for the whole run, so that crates that several need are built once.
  const commands = quick
    ? suites.map(({ crate, quick: only }) => ['-p', crate, ...only])
    : [[...suites.flatMap(({ crate }) => ['-p', crate]), '--tests']]
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const args of commands) {
    const result = await run(toolchain.zigbuild, [...common, '--no-fail-fast', ...args], { env, stream: true, timeout: 90 * 60_000 })
    const { passed, failed, skipped } = fromCargo(result.output, result.status)
    counts.passed += passed
    counts.failed += failed
    counts.skipped += skipped
  }
  return counts
}
