// Engines in worker threads: opened and closed there, ended in the middle, several at once, while the
// main thread plays on. Prints one line; the process must end by itself with status 0.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Engine } from 'noxrun'

const begin = (job) => new Worker(new URL('worker.mjs', import.meta.url), { workerData: { job } })

async function endsByItself(job, status = 0) {
  const worker = begin(job)
  const messages = []
  worker.on('message', (message) => messages.push(message))
  const [code] = await once(worker, 'exit')
  assert.equal(code, status, `a worker that was to be ${job}`)
  return messages
}

async function terminated(job, after) {
  const worker = begin(job)
  await once(worker, 'message')
  await sleep(after)
  const startedAt = performance.now()
  await worker.terminate()
  return performance.now() - startedAt
}

const main = await Engine.open({ device: 'virtual' })
assert.deepEqual(await endsByItself('whole'), ['done'])
assert.deepEqual(await Promise.all(Array.from({ length: 4 }, () => endsByItself('whole'))), Array(4).fill(['done']))

const waits = []
for (let round = 0; round < 6; round++) waits.push(await terminated('playing', round * 7))
for (let round = 0; round < 4; round++) waits.push(await terminated('pending', round * 11))
waits.push(...(await Promise.all(Array.from({ length: 4 }, (_, i) => terminated('playing', 3 * i)))))
assert.deepEqual(await endsByItself('forgotten'), ['done'])
await endsByItself('exits', 3)
// One that is ended before it has begun.
await begin('playing').terminate()

const before = main.currentFrame
await sleep(100)
assert.ok(main.currentFrame - before > 2400, 'the main thread stopped playing')
assert.deepEqual(await endsByItself('whole'), ['done'])
await main.close()
console.log(`longest wait for terminate(): ${Math.max(...waits).toFixed(0)} ms`)
