// node scripts/nightly.mjs [--only part,part] [--list]: what is too slow for `npm test`, one part after
// another, each with its time. A part that fails does not stop the others.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { format } from './lib/counts.mjs'
import { inRoot, root } from './lib/paths.mjs'
import { run } from './lib/process.mjs'

/** @type {(script: string, ...args: string[]) => [string, ...string[]]} */
const script = (name, ...args) => [process.execPath, inRoot('scripts', name), ...args]

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} title
 * @property {[string, ...string[]][]} commands
 * @property {Record<string, string>} [env]
 *
 * @type {readonly Part[]}
 */
const PARTS = [
  { name: 'fuzz', title: 'ten minutes of each fuzz target', commands: [script('fuzz.mjs', '--seconds', '600')] },
  { name: 'soak', title: 'ten minutes of a known signal through a real server under load', commands: [script('soak.mjs', '--minutes', '10')] },
  { name: 'cross', title: 'built for arm64 and ARMv7, tested under the emulator', commands: [script('cross.mjs', 'linux-arm64-gnu', 'linux-arm-gnueabihf'), script('cross-test.mjs')] },
  { name: 'ship', title: 'what was built, as it is published, on three releases of Node', commands: [script('pack-check.mjs', '--ship')] },
  { name: 'compat', title: 'pnpm and yarn, in each layout that they make', commands: [script('compat.mjs')] },
  { name: 'phones', title: "the C library for phones, and the samples of their guide", commands: [script('mobile-build.mjs', 'android', 'ios'), script('mobile-check.mjs')] },
  {
    name: 'properties', title: "the engine's properties with ten times the cases, as it ships", env: { PROPTEST_CASES: '2560' },
    commands: [['cargo', 'test', '--profile', 'release-test', '--no-fail-fast', '-p', 'noxrun-engine', '-p', 'noxrun-capture', '-p', 'noxrun-kernels', '-p', 'noxrun-resample']],
  },
]

const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' } } })
const only = values.only?.split(',') ?? PARTS.map(({ name }) => name)
const unknown = only.filter((name) => !PARTS.some((part) => part.name === name))
if (values.list || unknown.length > 0) {
  for (const { name, title } of PARTS) console.log(`${name.padEnd(10)} ${title}`)
  if (unknown.length > 0) console.error(`unknown part ${unknown.join(', ')}`)
  process.exit(unknown.length > 0 ? 2 : 0)
}
const counts = { passed: 0, failed: 0, skipped: 0 }
const overview = []
for (const { name, title, commands, env = {} } of PARTS.filter((part) => only.includes(part.name))) {
  console.log(`\n━━ ${name}: ${title}`)
  const startedAt = performance.now()
  let status = 0
  for (const [command, ...args] of commands) {
    if (status === 0) status = (await run(command, args, { cwd: root, stream: true, env, timeout: 6 * 3_600_000 })).status
  }
  counts[status === 0 ? 'passed' : 'failed']++
  overview.push(`${status === 0 ? '✔' : '✘'} ${name.padEnd(10)} ${((performance.now() - startedAt) / 60_000).toFixed(1)} min`)
}
console.log(`\n${overview.join('\n')}\nnightly: ${format(counts)}`)
if (counts.failed > 0) process.exitCode = 1
