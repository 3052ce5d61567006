// node scripts/cross-test.mjs [--quick] [TARGET…]: what scripts/cross.mjs has built for another processor, run
// here by qemu: a program, the same sound bit for bit as on this machine, the JavaScript tests on the
// virtual device. Rust's and C's own tests run on such machines themselves (nightly.yml). --quick: a few tests.
import { existsSync, readdirSync } from 'node:fs'
import process from 'node:process'
import { binOf, native, nativeBinding, tests, typescript } from './lib/build.mjs'
import { Checks } from './lib/checks.mjs'
import { add, format, fromAva } from './lib/counts.mjs'
import { inRoot } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { run, tail } from './lib/process.mjs'
import { builtFiles } from './cross/build.mjs'
import { emulated } from './cross/qemu.mjs'
import { targetOf, usage } from './cross/targets.mjs'

/** Performances that are rendered on both machines. */
const RENDERS = 12

/** Files that do not run under the emulator, each with its reason. Everything else does. @type {Readonly<Record<string, string>>} */
const LEFT_OUT = {
  'bundle': 'what this machine has built',
  'capture/hour': 'an hour of sound',
  'capture/soak': 'minutes of real time',
  'capture/realtime': 'real-time scheduling, which the emulator has not',
  'capture/killed': 'kills its process at a moment given by the clock',
  'capture/record-full': 'needs a small disk, mounted',
  'cli/demo': 'plays in real time',
  'cli/doctor': 'proves that callbacks are in time, and the emulator is not',
  'cli/examples': 'run in real time',
  'loader': 'how this machine finds its own package',
  'mixer/digests': 'hundreds of renders',
  'mixer/transport-random': 'hundreds of renders',
  'playback/load': 'measures how much fits into a block',
  'playback/memory': 'measures memory, of which the emulator takes its own',
}

/** Single tests that do not, each with its reason, by a pattern of their title. @type {Readonly<Record<string, string>>} */
const LEFT_OUT_TESTS = {
  '*at most ten a second*': 'a limit of wall time, and the emulator is ten times slower',
  'a device that falls silent is told once, within half a second*': 'a limit of wall time',
  'closing does not wait for a device that is tried again': 'a limit of wall time',
  'the length of a rendering costs no memory*': 'measures memory, of which the emulator takes its own',
  'a worker that is terminated while it plays and captures*': 'ten starts of Node within a limit of wall time',
  'an engine that nothing refers to goes on sounding': 'a limit of wall time',
  '--loop *': 'plays in real time, which the emulator does not keep',
  'play that is stopped ends with the status of its signal': 'plays in real time',
  'stop() has everything that was captured until then*': 'captures in real time and demands that nothing is lost',
}

/** Of the quick run: one file for each of what differs between machines. */
const QUICK = ['playback/mixing', 'playback/timing', 'mixer/filters', 'mixer/render', 'capture/content', 'capture/rates', 'capture/loss', 'proof']

const args = process.argv.slice(2)
const quick = args.includes('--quick')
const names = args.filter((arg) => arg !== '--quick')
const wanted = (names.length > 0 ? names : ['linux-arm64-gnu', 'linux-arm-gnueabihf']).map(targetOf)
if (wanted.some((target) => target === undefined || target.glibc === null)) {
  console.error(`usage: node scripts/cross-test.mjs [--quick] [TARGET…]\nTARGET is one of these, but for musl's, whose tests run in Alpine (prebuild.yml)\n${usage}`)
  process.exit(2)
}

/**
 * What a Node prints for random performances: a digest a line, after the instruction set.
 * @param {string} node
 * @param {string} module
 */
async function digests(node, module) {
  const child = inRoot('target', 'ts', '__test__', 'mixer', 'digest-child.js')
  const { status, output, stdout } = await run(node, [child, String(RENDERS)], { env: { NOXRUN_BINDING: module }, timeout: 10 * 60_000 })
  if (status !== 0) throw new Error(tail(output, 30))
  return stdout.trim().split('\n').slice(1)
}

/**
 * @param {import('./cross/qemu.mjs').Emulated} machine
 * @param {string} module The native module.
 */
async function avaTests(machine, module) {
  const all = readdirSync(inRoot('__test__'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.startsWith('server')).map((name) => name.slice(0, -'.test.ts'.length))
  const chosen = quick ? QUICK : all.filter((name) => !(name in LEFT_OUT)).sort()
  for (const [name, reason] of Object.entries({ ...LEFT_OUT, ...LEFT_OUT_TESTS })) console.log(`NOT RUN here: ${name} (${reason})`)
  const without = Object.keys(LEFT_OUT_TESTS).flatMap((title) => ['--match', `!${title}`])
  // ava itself runs on this machine; each of its workers, which load the module, is emulated.
  const result = await run(
    process.execPath,
    ['--import', machine.preload, binOf('ava', 'ava'), '--concurrency', '2', '--timeout', '10m', ...without, ...chosen.map((name) => `target/ts/__test__/${name}.test.js`)],
    { stream: true, timeout: 90 * 60_000, env: { NOXRUN_EXEC_PATH: machine.node, NOXRUN_BINDING: module } },
  )
  return fromAva(result.output, result.status)
}

/** @param {import('./cross/targets.mjs').Target} target */
async function testTarget(target) {
  const checks = new Checks(target.id)
  const { module } = builtFiles(target)
  if (!existsSync(module)) throw new Error(`${module} is not there: npm run cross -- ${target.id}`)
  const machine = await emulated(target)
  await bringUpToDate(typescript, { quiet: true })
  await bringUpToDate(tests, { quiet: true })
  await checks.check(`${target.id}: the module loads, plays and captures`, async () => {
    const env = { NOXRUN_BINDING: module }
    const { status, output } = await run(machine.node, [inRoot('scripts', 'pack', 'consumer.mjs')], { env, timeout: 120_000 })
    if (status !== 0) throw new Error(tail(output, 30))
  })
  const title = `${target.id}: ${RENDERS} random performances have this machine's bits`
  const own = nativeBinding()
  if (own === null || !native.isFresh()) checks.skip(title, "this machine's own module is not up to date (npm run build:native)")
  else {
    await checks.check(title, async () => {
      const [here, there] = [await digests(process.execPath, own), await digests(machine.node, module)]
      if (here.length !== RENDERS || there.length !== RENDERS) throw new Error(`${here.length} and ${there.length} digests came`)
      const other = here.filter((digest, seed) => digest !== there[seed]).length
      if (other > 0) throw new Error(`${other} of ${RENDERS} differ`)
    })
  }
  return add(await avaTests(machine, module), checks.counts)
}

let counts = { passed: 0, failed: 0, skipped: 0 }
for (const target of wanted) if (target !== undefined) counts = add(counts, await testTarget(target))
console.log(`cross-test: ${format(counts)}`)
if (counts.failed > 0) process.exitCode = 1
