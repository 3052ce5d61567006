// The Rust crates' tests, compiled for another machine and run through the emulator.
import { fromCargo } from '../lib/counts.mjs'
import { run } from '../lib/process.mjs'
import { cargoArgs } from './build.mjs'

/**
 * What the sound is made of, and what calls libasound. Left out: crates/device and crates/session,
 * whose tests need a server or the clock of a machine that is not emulated (their JavaScript tests
 * run), and crates/media, whose tests start programs and themselves.
 */
const CRATES = ['asound', 'kernels', 'engine', 'resample', 'capture'].flatMap((name) => ['-p', `noxrun-${name}`])

/** Cases of each property, where the test asks for more: the emulator is some ten times slower. */
const CASES = '24'

/** Of the quick run: a crate's arithmetic, what calls libasound, and that block sizes change no bit. */
const QUICK = [
  ['-p', 'noxrun-asound', '-p', 'noxrun-kernels', '--tests'],
  ['-p', 'noxrun-engine', '--test', 'suite', '--', 'blocks::', 'exact::', 'sound::', 'filters::'],
]

/**
 * @param {import('./targets.mjs').Target} target
 * @param {import('./toolchain.mjs').Toolchain} toolchain
 * @param {import('./qemu.mjs').Emulated} machine
 * @param {boolean} quick
 * @returns {Promise<import('../lib/counts.mjs').Counts>}
 */
export async function rustTests(target, toolchain, machine, quick) {
  const runner = `CARGO_TARGET_${target.triple.toUpperCase().replaceAll('-', '_')}_RUNNER`
  const env = {
    ...toolchain.env, [runner]: machine.run, NOXRUN_TEST_RUNNER: machine.run, PROPTEST_CASES: CASES,
    ...(machine.hasAsound ? { NOXRUN_TEST_ASOUND: '1' } : {}),
  }
  if (!machine.hasAsound) console.log(`${target.id}: NOT RUN here: calls of libasound, which ${machine.root} has not`)
  const common = cargoArgs(target, toolchain, 'test', true)
  const commands = quick ? QUICK : [[...CRATES, '--tests']]
  console.log(`${target.id}: properties are tried with at most ${CASES} cases in the engine and wherever a test names no number`)
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
