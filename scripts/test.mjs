// node scripts/test.mjs [--only stage,stage] [--list]: everything that `npm test` promises, in order,
// with one total at the end.
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { add, format, zero } from './lib/counts.mjs'
import { root } from './lib/paths.mjs'
import { withServers } from './lib/shared-servers.mjs'
import { missingForServers } from './servers.mjs'
import { missingForTests } from './setup/system.mjs'
import { leftBehind } from './test/left-behind.mjs'
import { stages } from './test/stages.mjs'

const PERIODS = [256, 64]

/** @returns {import('./test/stages.mjs').Stage[]} */
function chosenStages() {
  const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' } } })
  if (values.list) {
    for (const stage of stages) console.log(`${stage.name.padEnd(10)} ${stage.title}`)
    process.exit(0)
  }
  if (values.only === undefined) return [...stages]
  const names = values.only.split(',')
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name))
  if (unknown.length > 0) {
    console.error(`unknown stage ${unknown.join(', ')}; there are ${stages.map((stage) => stage.name).join(', ')}`)
    process.exit(2)
  }
  return stages.filter((stage) => names.includes(stage.name))
}

/**
 * Runs stages one after another and prints the total.
 * @param {readonly import('./test/stages.mjs').Stage[]} chosen
 * @param {boolean} haveServers
 */
async function runStages(chosen, haveServers) {
  let total = zero()
  /** @type {string[]} */
  const overview = []
  for (const stage of chosen) {
    console.log(`\n━━ ${stage.name}: ${stage.title}`)
    const startedAt = performance.now()
    let counts = zero()
    if (stage.needsServers && !haveServers) {
      console.log(`SKIPPED: no audio server (missing: ${missingForServers().join(', ')})`)
      counts.skipped = 1
    } else {
      try {
        counts = await stage.run()
      } catch (error) {
        console.log(error instanceof Error ? error.message : String(error))
        counts.failed = 1
      }
    }
    const line = `${stage.name.padEnd(10)} ${format(counts)}  (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`
    console.log(`── ${line}`)
    overview.push(`${counts.failed > 0 ? '✘' : counts.passed > 0 ? '✔' : '-'} ${line}`)
    total = add(total, counts)
  }
  return { total, overview }
}

process.chdir(root)
const chosen = chosenStages()
// Every process that a test starts carries this in its environment; that is how one left behind is known.
const runId = randomUUID()
process.env['NOXRUN_RUN_ID'] = runId

const needServers = chosen.some((stage) => stage.needsServers)
const missing = missingForServers()
const haveServers = needServers && missing.length === 0
const result = await (haveServers ? withServers(PERIODS, () => runStages(chosen, true)) : runStages(chosen, false))
let { total } = result

console.log('\n━━ overview')
for (const line of result.overview) console.log(line)

const lacking = missingForTests()
if (needServers && lacking.length > 0) {
  console.log(`\n!! NOT EVERYTHING WAS TESTED: this system lacks ${lacking.join(', ')}. \`npm run setup\` says how to get it.`)
  if (process.env['CI']) {
    console.log('!! In CI that is a failure.')
    total = add(total, { passed: 0, failed: 1, skipped: 0 })
  }
}

const strays = await leftBehind(runId)
for (const stray of strays) console.log(`✘ left behind and ended now: process ${stray.pid}: ${stray.command}`)
total = add(total, strays.length > 0 ? { passed: 0, failed: strays.length, skipped: 0 } : { passed: 1, failed: 0, skipped: 0 })

process.exitCode = total.failed > 0 ? 1 : 0
console.log(`\n${format(total)}`)
// npm may print lines of its own after ours; whoever needs the total as the last line finds it here.
const summary = process.env['NOXRUN_SUMMARY']
if (summary) writeFileSync(summary, format(total))
