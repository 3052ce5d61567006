// What else a process does while it renders: files, opens and closes beside 16 renders.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { Engine } from '../lib/package.mjs'
import { heavySample, renderHeavily } from './heavy.mjs'

const RENDERS = 16
const CALLS = 12
/** Milliseconds after which the renders are ended: a call that waits for one of them would take minutes. */
const PATIENCE = 3000
const file = fileURLToPath(import.meta.url)

const CALLS_OF = { read: 'fs.readFile', open: 'Engine.open', close: 'engine.close()' }
export const title = `Beside ${RENDERS} renders (a call that waits for them is let go after ${PATIENCE.toLocaleString('en')} ms)`
export const rows = Object.entries(CALLS_OF).flatMap(([figure, label]) => [
  { figure: `${figure}Alone`, label: `${label}, beside none`, unit: 'ms' },
  // Threads that compute share the processors with the call and may keep each of its wakes waiting for a slice.
  { figure, label: `${label}, beside ${RENDERS}`, unit: 'ms', target: (figures) => 3 * figures[`${figure}Alone`].median + 10 },
])

const open = () => Engine.open({ device: 'virtual' })

/**
 * Milliseconds of each call. Stops at the first that had to be let go.
 * @param {(index: number) => Promise<unknown>} call
 * @param {AbortController} [renders]
 */
async function time(call, renders) {
  const costs = []
  for (let i = 0; i < CALLS; i++) {
    await sleep(5)
    const start = performance.now()
    const timer = setTimeout(() => renders?.abort(), PATIENCE)
    await call(i)
    costs.push(performance.now() - start)
    clearTimeout(timer)
    if (renders?.signal.aborted) break
  }
  return costs
}

async function besideRenders(sample, body) {
  const controller = new AbortController()
  const { signal } = controller
  const renders = Array.from({ length: RENDERS }, () => renderHeavily(sample, { signal }).catch(() => undefined))
  await sleep(300)
  const costs = await body(controller)
  controller.abort()
  await Promise.all(renders)
  return costs
}

async function timeOpens(renders) {
  const opened = []
  const costs = await time(async () => { opened.push(await open()) }, renders)
  // Not before the renders have ended: these closes are not measured.
  renders?.abort()
  for (const engine of opened) await engine.close()
  return costs
}

async function openSome() {
  const engines = []
  for (let i = 0; i < CALLS; i++) engines.push(await open())
  return engines
}

export async function measure() {
  const sample = await heavySample()
  // The first opening loads what later ones find.
  await (await open()).close()
  const read = () => readFile(file)
  const alone = { readAlone: await time(read), openAlone: await timeOpens() }
  let engines = await openSome()
  alone.closeAlone = await time((i) => engines[i].close())
  engines = await openSome()
  const close = await besideRenders(sample, (renders) => time((i) => engines[i].close(), renders))
  await Promise.all(engines.map((engine) => engine.close()))
  return {
    ...alone, close,
    read: await besideRenders(sample, (renders) => time(read, renders)),
    open: await besideRenders(sample, timeOpens),
  }
}
