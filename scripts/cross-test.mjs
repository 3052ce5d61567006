// node scripts/cross-test.mjs [--quick] [--only=PARTS] TARGET… : runs the tests of what is built for
// other machines, under qemu. PARTS, separated by commas: files, smoke, bits, c, rust, js. --quick builds
// without the optimisation over all crates and runs a few of the tests.
import process from 'node:process'
import { native, nativeBinding, tests, typescript } from './lib/build.mjs'
import { Checks } from './lib/checks.mjs'
import { add, format, zero } from './lib/counts.mjs'
import { inRoot } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { run, tail } from './lib/process.mjs'
import { avaTests } from './cross/ava-tests.mjs'
import { build, checkHost } from './cross/build.mjs'
import { cTests } from './cross/c-tests.mjs'
import { checkGlibc, checkNeeded, checkSize } from './cross/inspect.mjs'
import { emulated } from './cross/qemu.mjs'
import { rustTests } from './cross/rust-tests.mjs'
import { targetOf, usage } from './cross/targets.mjs'
import { toolchain } from './cross/toolchain.mjs'

const PARTS = ['files', 'smoke', 'bits', 'c', 'rust', 'js']
/** Performances that are rendered on both machines. */
const RENDERS = 12
const args = process.argv.slice(2)
const quick = args.includes('--quick')
const only = args.find((arg) => arg.startsWith('--only='))?.slice('--only='.length).split(',') ?? PARTS
const names = args.filter((arg) => arg !== '--quick' && !arg.startsWith('--only='))
const wanted = (names.length > 0 ? names : ['linux-arm64-gnu', 'linux-arm-gnueabihf']).map(targetOf)
if (wanted.includes(undefined) || !only.every((part) => PARTS.includes(part))) {
  console.error(`usage: node scripts/cross-test.mjs [--quick] [--only=${PARTS.join(',')}] [TARGET…]\nTARGET is one of\n${usage}\nWithout one: arm64 and armv7.`)
  process.exit(2)
}

/** @param {string} module */
const loading = (module) => ({ NOXRUN_BINDING: module })

/**
 * What a Node prints for random performances: a digest a line, after the instruction set.
 * @param {string} node
 * @param {string} module
 * @returns {Promise<string[]>}
 */
async function digests(node, module) {
  const child = inRoot('target', 'ts', '__test__', 'mixer', 'digest-child.js')
  const { status, output, stdout } = await run(node, [child, String(RENDERS)], { env: loading(module), timeout: 10 * 60_000 })
  if (status !== 0) throw new Error(tail(output, 30))
  return stdout.trim().split('\n').slice(1)
}

/**
 * A performance is the same sound, bit for bit, on this machine and on the target's.
 * @param {import('./cross/targets.mjs').Target} target
 * @param {string} node
 * @param {string} module
 * @param {Checks} checks
 */
async function sameBits(target, node, module, checks) {
  const title = `${target.id}: ${RENDERS} random performances have this machine's bits`
  const own = nativeBinding()
  if (own === null || !native.isFresh()) {
    checks.skip(title, "this machine's own module is not up to date (npm run build:native)")
    return
  }
  await bringUpToDate(tests, { quiet: true })
  await checks.check(title, async () => {
    const [here, there] = [await digests(process.execPath, own), await digests(node, module)]
    if (here.length !== RENDERS) throw new Error(`${here.length} digests came`)
    const other = here.filter((digest, seed) => digest !== there[seed]).length
    if (other > 0 || there.length !== here.length) throw new Error(`${other} of ${RENDERS} differ`)
  })
}

/**
 * @param {import('./cross/targets.mjs').Target} target
 * @returns {Promise<import('./lib/counts.mjs').Counts>}
 */
async function testTarget(target) {
  const checks = new Checks(target.id)
  let counts = zero()
  const tools = await toolchain(target)
  const files = await build(target, tools, { quick })
  const machine = await emulated(target)
  await bringUpToDate(typescript, { quiet: true })
  if (only.includes('files')) {
    for (const file of [files.module, files.shared]) {
      await checks.check(`${target.id}: glibc`, () => checkGlibc(file, target))
      await checks.check(`${target.id}: libraries`, () => checkNeeded(file, target))
      await checks.check(`${target.id}: size`, () => checkSize(file))
    }
  }
  if (only.includes('smoke')) {
    await checks.check(`${target.id}: the module loads, plays and lists devices`, async () => {
      const env = loading(files.module)
      const { status, output } = await run(machine.node, [inRoot('scripts', 'cross', 'smoke.mjs'), inRoot('dist')], { env, timeout: 120_000 })
      if (status !== 0) throw new Error(tail(output, 30))
      return tail(output, 1)
    })
  }
  if (only.includes('bits')) await sameBits(target, machine.node, files.module, checks)
  if (only.includes('c')) await cTests(target, tools, machine, files, checks)
  if (only.includes('rust')) counts = add(counts, await rustTests(target, tools, machine, quick))
  if (only.includes('js')) counts = add(counts, await avaTests(target, machine, files.module, quick ? 'quick' : 'all'))
  return add(counts, checks.counts)
}

try {
  checkHost()
  let counts = zero()
  for (const target of wanted) {
    if (target === undefined) continue
    const startedAt = performance.now()
    const own = await testTarget(target)
    console.log(`${target.id}: ${format(own)} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
    counts = add(counts, own)
  }
  console.log(`cross-test: ${format(counts)}`)
  if (counts.failed > 0) process.exitCode = 1
} catch (error) {
  console.error(`\ncross-test: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
