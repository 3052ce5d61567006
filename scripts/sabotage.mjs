// node scripts/sabotage.mjs: plants each fault in turn and demands that its named test fails. A test
// that passes with the fault planted proves nothing.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { binOf, sabotage, sabotageBinding, tests } from './lib/build.mjs'
import { inRoot } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { run, tail } from './lib/process.mjs'
import { serversAvailable, withServers } from './lib/shared-servers.mjs'
import { SetupError } from './lib/steps.mjs'
import { planted } from './sabotage/faults.mjs'

/** @typedef {import('./sabotage/faults.mjs').Planted} Planted */

/** @param {string} text */
const escaped = (text) => text.replace(/[*!\\]/g, '\\$&')

/**
 * Runs named tests on the build that can plant faults.
 * @param {readonly Planted[]} which
 * @param {string} fault Empty: nothing is planted.
 * @returns {Promise<{ verdicts: Map<string, boolean>, output: string }>} Per title: did it pass?
 */
async function runTests(which, fault) {
  const binding = sabotageBinding()
  if (binding === null) throw new Error('the build with planted faults is missing')
  const files = [...new Set(which.map(({ file }) => `target/ts/__test__/${file}.test.js`))]
  const titles = [...new Set(which.map(({ title }) => title))]
  const { output, stdout } = await run(
    process.execPath,
    [binOf('ava', 'ava'), '--tap', '--serial', '--concurrency', '1', ...titles.flatMap((title) => ['--match', escaped(title)]), ...files],
    { timeout: 180_000, env: { NOXRUN_SABOTAGE: fault, NOXRUN_BINDING: binding } },
  )
  /** @type {Map<string, boolean>} */
  const verdicts = new Map()
  for (const match of stdout.matchAll(/^(ok|not ok) \d+ - (.*)$/gm)) {
    // With several files ava puts the file's name before the title.
    const title = titles.find((candidate) => match[2] === candidate || match[2]?.endsWith(` › ${candidate}`))
    if (title !== undefined) verdicts.set(title, match[1] === 'ok')
  }
  return { verdicts, output }
}

/** The table must name every fault that the crate can plant, and no other. */
function checkTable() {
  const source = readFileSync(inRoot('crates', 'sabotage', 'src', 'lib.rs'), 'utf8')
  const faults = [...source.matchAll(/^ {4}\w+ = "([a-z-]+)",$/gm)].map((match) => match[1] ?? '')
  const unnamed = faults.filter((fault) => !planted.some((entry) => entry.fault === fault))
  const unknown = planted.filter((entry) => !faults.includes(entry.fault)).map((entry) => entry.fault)
  if (faults.length === 0 || unnamed.length > 0 || unknown.length > 0) {
    throw new SetupError(
      `scripts/sabotage/faults.mjs and crates/sabotage disagree: no test for ${unnamed.join(', ') || 'none'}; unknown ${unknown.join(', ') || 'none'}`,
    )
  }
}

async function main() {
  checkTable()
  await bringUpToDate(sabotage, { quiet: true })
  await bringUpToDate(tests, { quiet: true })

  const honest = await runTests(planted, '')
  /** @type {string[][]} */
  const rows = []
  /** @type {string[]} */
  const details = []
  let failed = 0
  for (const entry of planted) {
    const passesWithout = honest.verdicts.get(entry.title)
    const { verdicts, output } = await runTests([entry], entry.fault)
    const passesWith = verdicts.get(entry.title)
    // No verdict is no catch: a crash or a missing test would otherwise pass for a good test.
    const caught = passesWithout === true && passesWith === false
    const without = passesWithout === undefined ? 'no such test' : passesWithout ? 'passes' : 'FAILS'
    rows.push([entry.fault, entry.file, entry.title, without, passesWith === undefined ? 'no verdict' : passesWith ? 'PASSES' : 'fails', caught ? 'yes' : 'NO'])
    if (caught) continue
    failed++
    details.push(`${entry.fault}, with the fault planted:\n${tail(output, 25)}`)
  }
  if (rows.some(([, , , without]) => without !== 'passes')) details.push(`without any fault:\n${tail(honest.output, 60)}`)

  const table = [['fault', 'file', 'test', 'without', 'with', 'caught'], ...rows]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  for (const detail of details) console.log(`${detail}\n`)
  for (const row of table) console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`)
  console.log(`sabotage: ${rows.length - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

try {
  // Tests on a real server find it running; the others do not mind.
  await (serversAvailable() ? withServers([256, 64], main) : main())
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
