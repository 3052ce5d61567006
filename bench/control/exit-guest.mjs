// Leaves in the middle of a render: `exit` ends the process, `terminate` a worker. Started by exit.mjs.
import { writeSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort } from 'node:worker_threads'
import { heavySample, renderHeavily } from './heavy.mjs'

/** Resolves once a render is under way. */
async function begin() {
  const sample = await heavySample()
  await new Promise((resolve, reject) => {
    renderHeavily(sample, { onProgress: (fraction) => { if (fraction > 0) resolve() } }).catch(reject)
  })
}

// Written at once: what goes through a stream may be lost when the process ends.
const sayLeaving = () => writeSync(1, `leaving ${Number(process.hrtime.bigint()) / 1e6} `)

if (!isMainThread) {
  await begin()
  parentPort.postMessage('rendering')
} else if (process.argv[2] === 'exit') {
  await begin()
  sayLeaving()
  process.exit()
} else {
  const worker = new Worker(fileURLToPath(import.meta.url))
  await new Promise((resolve, reject) => { worker.once('message', resolve).once('error', reject) })
  sayLeaving()
  await worker.terminate()
  writeSync(1, 'gone')
}
