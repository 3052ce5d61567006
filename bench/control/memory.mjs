// Resident memory that each further engine takes at defaults.
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Engine } from '../lib/package.mjs'

export const title = 'Resident memory of an engine at defaults (the second to the sixth of a process)'
export const rows = [{ figure: 'engine', label: 'an engine', unit: 'MiB', target: 10 }]

async function resident() {
  await sleep(200)
  globalThis.gc?.()
  await sleep(50)
  return process.memoryUsage.rss() / 2 ** 20
}

export async function measure() {
  const engines = []
  const engine = []
  let before = 0
  for (let count = 1; count <= 6; count++) {
    engines.push(await Engine.open({ device: 'virtual' }))
    const now = await resident()
    // The first brings the code and the threads with it.
    if (count > 1) engine.push(now - before)
    before = now
  }
  for (const one of engines) await one.close()
  return { engine }
}
