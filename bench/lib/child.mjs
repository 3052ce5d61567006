// Measurements in processes of their own, each of which prints one line of JSON.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { run } from '../../scripts/lib/process.mjs'

const lastCore = String(availableParallelism() - 1)

/**
 * Runs a file of this folder and gives what it printed.
 * @param {string} file Relative to bench/.
 * @param {{ node?: string, isPinned?: boolean, args?: string[], env?: Record<string, string | undefined> }} [options]
 *   `node`: default ours. `isPinned`: all of its threads on one core, where `taskset` can do that: what a block costs
 *   depends on where its thread woke up, by a factor of two. `args`, `env`: arguments, and variables over our own.
 */
export async function measure(file, { node = process.execPath, isPinned = false, args: given = [], env } = {}) {
  const args = ['--expose-gc', fileURLToPath(new URL(`../${file}`, import.meta.url)), ...given]
  const pin = isPinned && canPin() ? ['taskset', '-c', lastCore] : []
  const [command, ...rest] = [...pin, node, ...args]
  const { status, stdout, output } = await run(command, rest, { env })
  if (status !== 0) throw new Error(`${file} ended with status ${status}:\n${output.trim()}`)
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

function canPin() {
  return spawnSync('taskset', ['-c', lastCore, 'true']).status === 0
}

/** What is to be said of figures that wanted a core of their own. */
export const pinning = () => (canPin() ? '' : '; there is no taskset to keep them on one core, so the figures are rough')
