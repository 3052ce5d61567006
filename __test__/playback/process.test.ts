// How a program that plays ends: by itself, at once, or not until it is told to.
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'

const LIMIT_MS = 60_000

/** What every script begins with: a sound of three seconds, and an engine on the shared virtual device. */
const PRELUDE = `
const { Engine, Capture } = require(${JSON.stringify(path.resolve(__dirname, '..', '..', 'index.js'))})
const { setTimeout: sleep } = require('node:timers/promises')
const path = require('node:path')
const signal = new Float32Array(3 * 48000).fill(0.25)
process.on('warning', () => undefined)
const open = async (options) => {
  const engine = await Engine.open({ device: 'virtual', ...options })
  const sample = await engine.load({ channelData: [signal, signal], sampleRate: engine.sampleRate })
  return { engine, sample, voice: engine.createTrack().play(sample) }
}
`

interface Ended {
  code: number | null
  signal: string | null
  output: string
}

function start(script: string, nodeArgs: string[] = []): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [...nodeArgs, '-e', `${PRELUDE}\n(async () => {${script}})()`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  let output = ''
  for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (data) => (output += String(data)))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, output })
    })
  })
  return { child, ended }
}

test('a process ends by itself after close()', async (t) => {
  const { ended } = start(`
    const { engine, voice } = await open()
    await voice.startedAt
    await engine.close()
    console.log((await voice.ended).reason)
  `)
  t.like(await ended, { code: 0, signal: null, output: 'closed\n' })
})

test('a running engine keeps its process alive', async (t) => {
  const { child, ended } = start(`
    await open()
    console.log('running')
  `)
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  await sleep(1500)
  t.is(child.exitCode, null)
  child.kill('SIGTERM')
  t.like(await ended, { signal: 'SIGTERM', output: 'running\n' })
})

test('with keepAlive: false a process ends although its engine runs', async (t) => {
  const { ended } = start(`
    const { voice } = await open({ keepAlive: false })
    await Capture.open({ device: 'virtual', keepAlive: false })
    process.on('exit', () => console.log('over'))
  `)
  t.like(await ended, { code: 0, signal: null, output: 'over\n' })
})

test('process.exit ends it with everything running', async (t) => {
  const { ended } = start(`
    const { voice } = await open()
    const capture = await Capture.open({ device: 'virtual' })
    capture.readable().resume()
    await voice.startedAt
    await sleep(100)
    process.exit(7)
  `)
  t.like(await ended, { code: 7, signal: null, output: '' })
})

test('an uncaught exception ends it with its own status', async (t) => {
  const { ended } = start(`
    await open()
    setTimeout(() => { throw new Error('of the program') }, 50)
  `)
  const { code, output } = await ended
  t.is(code, 1)
  t.true(output.includes('of the program'))
})

test('a worker that is terminated while it plays and captures takes nothing with it', async (t) => {
  const { ended } = start(`
    const { Worker } = require('node:worker_threads')
    const main = await open()
    for (let i = 0; i < 10; i++) {
      const worker = new Worker(${JSON.stringify(`${PRELUDE}
        ;(async () => {
          const { voice } = await open()
          const capture = await Capture.open({ device: 'virtual', channels: 2 })
          const chunks = capture.chunks()
          await voice.startedAt
          await chunks.next()
          require('node:worker_threads').parentPort.postMessage('running')
          for await (const chunk of chunks);
        })()`)}, { eval: true })
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      await worker.terminate()
    }
    const { reason } = await main.voice.ended
    const stats = main.engine.stats()
    await main.engine.close()
    console.log(reason, stats.audioThread.allocations, stats.audioThread.frees)
  `)
  t.like(await ended, { code: 0, signal: null, output: 'finished 0 0\n' })
})

test('an engine that nothing refers to goes on sounding', async (t) => {
  const { ended } = start(`
    const capture = await Capture.open({ device: 'virtual', channels: 2 })
    const chunks = capture.chunks()
    await (async () => { await (await open()).voice.startedAt })()
    for (let i = 0; i < 10; i++) {
      globalThis.gc()
      await sleep(20)
    }
    let loud = 0
    for await (const chunk of chunks) {
      globalThis.gc()
      if (chunk.samples.some((x) => x === 0.25)) loud += chunk.frames
      if (loud >= 2 * 48000) break
    }
    console.log('heard')
    process.exit(0)
  `, ['--expose-gc'])
  t.like(await ended, { code: 0, signal: null, output: 'heard\n' })
})

test('voices and opens that nobody awaits make no unhandled rejection', async (t) => {
  const { ended } = start(`
    process.on('unhandledRejection', (error) => console.log('unhandled', error))
    const { engine, sample } = await open()
    engine.createTrack().play(sample, { at: 1000 })
    await engine.close()
    engine.close()
  `)
  t.like(await ended, { code: 0, output: '' })
})

test('two copies of the library in one thread do not mix up what they send', async (t) => {
  const { ended } = start(`
    const file = require.resolve(${JSON.stringify(path.resolve(__dirname, '..', '..', 'index.js'))})
    const load = () => {
      for (const key of Object.keys(require.cache)) delete require.cache[key]
      return [require(file).Engine, require(path.join(path.dirname(file), 'src', 'testing.js')).createVirtualDevice]
    }
    const stages = []
    for (const [Engine, createVirtualDevice] of [load(), load(), load()]) {
      const device = createVirtualDevice()
      const engine = await Engine.open({ device: device.id })
      stages.push({ device, engine, track: engine.createTrack() })
    }
    for (let i = 0; i < 100; i++) {
      for (const [n, { track }] of stages.entries()) track.volume.set((n + 1) / 4 - (99 - i) / 1000, { ramp: 0 })
    }
    for (const { device } of stages) await device.step(4800)
    console.log(stages.map(({ track }) => track.volume.current).join(' '))
    for (const { engine, device } of stages) {
      await engine.close()
      device.close()
    }
  `)
  t.like(await ended, { code: 0, output: '0.25 0.5 0.75\n' })
})
