// node scripts/test/nightly.mjs [--only stage,stage] [--list]: what proves little for each minute that it
// takes, run by hand or at night. `npm test` has the rest.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { inRoot, root } from '../lib/paths.mjs'
import { run } from '../lib/process.mjs'

const HOUR = 3_600_000

/**
 * @typedef {object} Nightly
 * @property {string} name
 * @property {string} title
 * @property {readonly [string, ...string[]]} command
 */

/** @param {string} script @param {string[]} args @returns {[string, ...string[]]} */
const script = (script, ...args) => [process.execPath, inRoot('scripts', script), ...args]

/** @type {readonly Nightly[]} */
const stages = [
  { name: 'test', title: 'everything of `npm test`', command: script('test.mjs') },
  { name: 'compat', title: 'other Nodes, bundlers and package managers', command: script('compat.mjs') },
  { name: 'bench', title: 'the benches', command: script('bench.mjs') },
  { name: 'soak', title: 'hours of playing and capturing on a loaded machine', command: script('soak.mjs') },
]

const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' } } })
if (values.list) {
  for (const stage of stages) console.log(`${stage.name.padEnd(10)} ${stage.title}`)
  process.exit(0)
}
const names = values.only?.split(',') ?? stages.map(({ name }) => name)
const unknown = names.filter((name) => !stages.some((stage) => stage.name === name))
if (unknown.length > 0) {
  console.error(`unknown stage ${unknown.join(', ')}; there are ${stages.map((stage) => stage.name).join(', ')}`)
  process.exit(2)
}
process.chdir(root)
let failed = 0
for (const { name, title, command: [command, ...args] } of stages.filter((stage) => names.includes(stage.name))) {
  console.log(`\n━━ ${name}: ${title}`)
  const startedAt = performance.now()
  const { status } = await run(command, args, { stream: true, timeout: 10 * HOUR })
  if (status !== 0) failed++
  console.log(`── ${name.padEnd(10)} ${status === 0 ? 'passed' : `FAILED (${status})`}  (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
}
console.log(`nightly: ${names.length - failed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = 1
