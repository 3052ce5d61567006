// The servers of one test run: started once, handed on to child processes by an environment variable.
import process from 'node:process'
import { missingForServers, startServer } from '../servers.mjs'

const VARIABLE = 'NOXRUN_TEST_SERVERS'

/**
 * @typedef {Pick<import('../servers.mjs').Server, 'name' | 'period' | 'rate' | 'realtime' | 'env'>} SharedServer
 */

/**
 * Runs `body` with servers of the given periods: those that are already running, and new ones for the
 * rest, which are stopped afterwards. Child processes of `body` find all of them.
 * @template T
 * @param {readonly number[]} periods
 * @param {(servers: readonly SharedServer[]) => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withServers(periods, body) {
  const before = process.env[VARIABLE]
  const running = /** @type {SharedServer[]} */ (JSON.parse(before ?? '[]'))
  /** @type {import('../servers.mjs').Server[]} */
  const own = []
  try {
    for (const period of periods) {
      if (!running.some((server) => server.period === period)) own.push(await startServer({ period, sync: true }))
    }
    const all = [...running, ...own]
    process.env[VARIABLE] = JSON.stringify(all)
    return await body(periods.map((period) => /** @type {SharedServer} */ (all.find((server) => server.period === period))))
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, VARIABLE)
    else process.env[VARIABLE] = before
    await Promise.all(own.map((server) => server.stop()))
  }
}

/** Whether servers run already or can be started. */
export function serversAvailable() {
  return process.env[VARIABLE] !== undefined || missingForServers().length === 0
}
