// Processes that outlived the test run that started them.
import { readFileSync, readdirSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * @param {string} runId
 * @returns {{ pid: number, command: string }[]}
 */
function find(runId) {
  if (process.platform !== 'linux') return []
  /** @type {{ pid: number, command: string }[]} */
  const found = []
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    try {
      if (!readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`NOXRUN_RUN_ID=${runId}`)) continue
      found.push({ pid, command: readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() })
    } catch {
      // It ended while we looked, or belongs to somebody else.
    }
  }
  return found
}

/**
 * Finds, and ends, what still runs of a test run. A process that is just ending gets a second.
 * @param {string} runId The value of NOXRUN_RUN_ID in the environment of the run's processes.
 * @returns {Promise<{ pid: number, command: string }[]>}
 */
export async function leftBehind(runId) {
  for (let tries = 0; tries < 10 && find(runId).length > 0; tries++) await sleep(100)
  const found = find(runId)
  for (const { pid } of found) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  return found
}
