// How long a process or a worker takes to go in the middle of a render.
import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROUNDS = 3
/** Milliseconds after which a process that does not go is ended. */
const PATIENCE = 5000
const guest = fileURLToPath(new URL('exit-guest.mjs', import.meta.url))

export const title = `In the middle of a render of 10,000 s (what does not go is ended after ${PATIENCE.toLocaleString('en')} ms)`
export const rows = [
  { figure: 'exit', label: 'process.exit() until the process is gone', unit: 'ms', target: 300, of: 'worst' },
  { figure: 'terminate', label: 'worker.terminate() until the worker is gone', unit: 'ms', target: 300, of: 'worst' },
]

/** The clock that all processes share, in milliseconds. */
const now = () => Number(process.hrtime.bigint()) / 1e6

/** Milliseconds from what the guest says when it leaves until its end, or until it says that its worker has ended. */
function timeGuest(way) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [guest, way], { stdio: ['ignore', 'pipe', 'inherit'] })
    let left
    let timer
    const settle = (cost) => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      resolve(cost)
    }
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (text.includes('leaving')) {
        left = Number(text.split(' ')[1])
        timer = setTimeout(() => { settle(PATIENCE) }, PATIENCE)
      }
      if (text.includes('gone')) settle(now() - left)
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (left === undefined) reject(new Error(`the guest ended with status ${code} before it left`))
      else settle(now() - left)
    })
  })
}

export async function measure() {
  const figures = { exit: [], terminate: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, costs] of Object.entries(figures)) costs.push(await timeGuest(way))
  }
  return figures
}
