// Renders have threads of their own: they take turns, and nobody waits for them.
import { readFileSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { type OfflineEngine, type RenderOptions, type RenderResult, render } from '../../index'
import { noise } from '../support/signal'
import { RATE, isSame } from '../playback/stage'
import { PRELUDE, run } from './render-child'

/** 10,000 s in steps of one frame: minutes of work, in little memory. */
const ENDLESS: RenderOptions = { duration: 10_000, sampleRate: 8000, channels: 1, blockSize: 1 }

async function hum(engine: OfflineEngine): Promise<void> {
  const sound = await engine.load({ channelData: [noise(3000, 5)], sampleRate: RATE })
  engine.createTrack().play(sound, { loop: true })
}

test.serial('sixteen renders at once all finish, each as one alone', async (t) => {
  const options = { duration: 0.5, channels: 1 }
  const alone = (await render(options, hum)).channelData[0] ?? new Float32Array()
  t.is(alone.length, RATE / 2)
  const all = await Promise.all(Array.from({ length: 16 }, () => render(options, hum)))
  for (const { channelData: [one] } of all) isSame(t, one ?? new Float32Array(), alone)
})

test.serial('an idle render thread is woken by the next render', async (t) => {
  t.timeout(20_000)
  for (let i = 0; i < 20; i++) t.is((await render({ duration: 0.01 }, () => undefined)).frames, RATE / 100)
})

test.serial('files are read while eight long renders run', async (t) => {
  const abort = new AbortController()
  let settled = 0
  let onBegin: () => void
  const begun = new Promise<void>((resolve) => { onBegin = resolve })
  const long: Promise<RenderResult>[] = Array.from({ length: 8 }, () => {
    const onProgress = (fraction: number): void => { if (fraction > 0) onBegin() }
    const one = render({ ...ENDLESS, signal: abort.signal, onProgress }, hum)
    const count = (): void => { settled += 1 }
    one.then(count, count)
    return one
  })
  await begun
  t.is(await readFile(__filename, 'utf8'), readFileSync(__filename, 'utf8'))
  const names = await Promise.all(Array.from({ length: 40 }, () => readFile(__filename, 'utf8')))
  t.is(names.length, 40)
  t.is(settled, 0)
  abort.abort()
  for (const one of long) await t.throwsAsync(one, { name: 'AbortError' })
})

test.serial('as many run as NOXRUN_RENDERS says, the others wait in their order with a progress of 0', async (t) => {
  const { code, output } = await run(`
    const fractions = Array(16).fill(-1)
    const aborts = fractions.map(() => new AbortController())
    const renders = aborts.map(({ signal }, i) =>
      render({ ...ENDLESS, signal, onProgress: (f) => (fractions[i] = f) }, hum).catch((error) => error.name))
    const begun = () => fractions.flatMap((f, i) => (f > 0 ? [i] : []))
    for (let ended = 0; ended < 16; ended++) {
      const wanted = Math.min(16, ended + 2)
      while (begun().length < wanted) await sleep(5)
      // What was to come next had time to show itself.
      await sleep(60)
      const now = begun()
      if (now.length !== wanted || now.some((i) => i >= wanted)) console.log('after', ended, now)
      if (fractions.slice(wanted).some((f) => f > 0)) console.log('not 0:', fractions)
      aborts[ended].abort()
      console.log(await renders[ended])
    }
  `, { NOXRUN_RENDERS: '2' })
  t.deepEqual([code, output], [0, 'AbortError\n'.repeat(16)])
})

test.serial('a render that waits for its turn is aborted at once', async (t) => {
  const { code, output } = await run(`
    const first = new AbortController()
    let isOver = false
    await new Promise((begun) => {
      render({ ...ENDLESS, signal: first.signal, onProgress: (f) => f > 0 && begun() }, hum).catch(() => (isOver = true))
    })
    const second = new AbortController()
    const told = []
    const waiting = render({ duration: 1, signal: second.signal, onProgress: (f) => told.push(f) }, hum)
    while (told.length === 0) await sleep(5)
    second.abort()
    console.log(await waiting.catch((error) => error.name), told.every((f) => f === 0), isOver)
    // Its place is free for those behind it.
    const third = render({ duration: 0.01 }, hum)
    first.abort()
    console.log((await third).frames)
  `, { NOXRUN_RENDERS: '1' })
  t.deepEqual([code, output], [0, 'AbortError true false\n480\n'])
})

test.serial('process.exit waits for no render', async (t) => {
  const { code, output } = await run(`
    for (let i = 0; i < 8; i++) {
      render({ ...ENDLESS, onProgress: (f) => f > 0 && process.exit(7) }, hum).then(() => console.log('rendered'))
    }
  `)
  t.deepEqual([code, output], [7, ''])
})

test.serial('worker.terminate waits for no render; a file that was not completed goes', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'noxrun-turns-'))
  const file = path.join(folder, 'long.wav')
  const worker = `${PRELUDE}
    const { parentPort } = require('node:worker_threads')
    const onProgress = (f) => f > 0 && parentPort.postMessage('running')
    for (let i = 0; i < 4; i++) render({ ...ENDLESS, output: ${JSON.stringify(file)}, onProgress }, hum)`
  const { code, output } = await run(`
    const { Worker } = require('node:worker_threads')
    const { readdirSync } = require('node:fs')
    for (let i = 0; i < 5; i++) {
      const worker = new Worker(${JSON.stringify(worker)}, { eval: true })
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      console.log(await worker.terminate())
    }
    while (readdirSync(${JSON.stringify(folder)}).length > 0) await sleep(5)
    console.log((await render({ duration: 0.01 }, hum)).frames)
  `)
  t.deepEqual([code, output], [0, `${'1\n'.repeat(5)}480\n`])
  t.deepEqual(readdirSync(folder), [])
  await rm(folder, { recursive: true })
})

test.serial('a pending render keeps its process alive', async (t) => {
  const { code, output } = await run(`
    process.on('exit', () => console.log('over'))
    render({ duration: 20 }, hum).then(({ frames }) => console.log(frames))
  `)
  t.deepEqual([code, output], [0, '960000\nover\n'])
})

test.serial('a NOXRUN_RENDERS that is no number of renders is warned of once', async (t) => {
  const { code, output } = await run(`
    for (let i = 0; i < 2; i++) console.log((await render({ duration: 0.01 }, hum)).frames)
  `, { NOXRUN_RENDERS: 'many' })
  t.is(code, 0)
  t.is(output.match(/^480$/gm)?.length, 2)
  const warnings = output.match(/\[RENDER_LIMIT\] NoxrunWarning: NOXRUN_RENDERS is "many": only a whole number of 1 or more is allowed/g)
  t.is(warnings?.length, 1)
})
