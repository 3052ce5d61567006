// What makes life hard for a capture: processes that spin, threads of its own process that allocate.
import { closeSync, openSync } from 'node:fs'
import { once } from 'node:events'
import { devNull } from 'node:os'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { inRoot } from '../lib/paths.mjs'
import { start } from '../lib/process.mjs'

/**
 * @param {{ spinners: number, hammers: number }} options How many of each.
 * @returns {{ stop: () => Promise<void> }}
 */
export function startLoad({ spinners, hammers }) {
  const log = openSync(devNull, 'w')
  const processes = Array.from({ length: spinners }, () => start(process.execPath, [inRoot('scripts', 'soak', 'spin.mjs')], { log }))
  closeSync(log)
  const workers = Array.from({ length: hammers }, () => new Worker(inRoot('scripts', 'soak', 'hammer.mjs')))
  return {
    async stop() {
      for (const child of processes) child.kill('SIGKILL')
      const running = processes.filter((child) => child.exitCode === null && child.signalCode === null)
      await Promise.all([...running.map((child) => once(child, 'exit')), ...workers.map((worker) => worker.terminate())])
    },
  }
}
