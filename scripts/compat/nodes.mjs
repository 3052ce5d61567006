// Every supported line of Node: ES modules, CommonJS, worker threads, and a process that ends while it
// plays.
import { nodeBinary } from '../lib/node-binaries.mjs'
import { ask } from '../lib/process.mjs'
import { WORKED, consumer, must } from './suite.mjs'
import { NODES } from './tools.mjs'

/** How a process ends that is ended in each way; 128 stands for a signal. */
const ENDINGS = /** @type {const} */ ({ exit: 7, busy: 7, throw: 1, unref: 0, closed: 0, signal: 128 })

/** Times that each is tried: what goes wrong here goes wrong now and then. */
const ROUNDS = 3

/** @param {import('./suite.mjs').Suite} suite */
export async function nodes(suite) {
  const dir = await consumer(suite, 'nodes')
  for (const line of NODES) {
    const program = await nodeBinary(line, /** @type {'x64' | 'arm64'} */ (process.arch))
    const version = ask(program, ['--version']) ?? 'that does not start'
    await suite.checks.check(`Node ${version}: ES module: plays, captures, records, renders`, async () => {
      if (!version.startsWith(`v${line}.`)) throw new Error(`asked for ${line}`)
      await must(suite, dir, program, ['consumer.mjs'], { says: WORKED })
    })
    await suite.checks.check(`Node ${version}: CommonJS, unloaded and required again`, async () => {
      await must(suite, dir, program, ['consumer.cjs'], { says: WORKED })
      await must(suite, dir, program, ['unload.cjs'], { says: WORKED })
    })
    await suite.checks.check(`Node ${version}: worker threads, several at once, and ended while they play`, async () => {
      const { stdout: said } = await must(suite, dir, program, ['workers.mjs'], { says: 'longest wait' })
      return said.trim()
    })
    await suite.checks.check(`Node ${version}: a process that ends while it plays ends as it was told to`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        for (const [how, status] of Object.entries(ENDINGS)) await must(suite, dir, program, ['endings.mjs', how], { status })
      }
      return `${ROUNDS * Object.keys(ENDINGS).length} times`
    })
  }
}
