// One soak: plays the signal, captures it, compares it while it comes, and says what it came to.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { inRoot } from '../lib/paths.mjs'
import { start } from '../lib/process.mjs'
import { connectPorts, waitForPort } from '../servers.mjs'
import { Checker, attribute } from './checker.mjs'
import { STRETCH, Signal } from './signal.mjs'

const LOOK_MS = 20
/** Seconds: from scheduling to the first sample, and of silence after the last. */
const LEAD = 3
const TAIL = 1
const CHANNELS = 2
/** Samples: two seconds. */
const CAPACITY = 192_000

/**
 * @typedef {object} Options
 * @property {number} minutes
 * @property {number} spinners
 * @property {number} hammers
 * @property {boolean} deleteOne Take one sample out of what was captured before it is compared.
 */

/**
 * A chunk without one of its samples.
 * @param {Float32Array} samples
 */
function withoutOne(samples) {
  const place = samples.length >> 1
  return Float32Array.from([...samples.subarray(0, place), ...samples.subarray(place + 1)])
}

/**
 * What makes life hard for a capture: processes that spin, threads of its own process that allocate.
 * @param {{ spinners: number, hammers: number }} options How many of each.
 * @returns {() => Promise<void>} Ends them.
 */
function startLoad({ spinners, hammers }) {
  const processes = Array.from({ length: spinners }, () => start(process.execPath, ['--eval', 'for (;;);'], { log: 2 }))
  const workers = Array.from({ length: hammers }, () => new Worker(inRoot('scripts', 'soak', 'hammer.mjs')))
  return async () => {
    for (const child of processes) child.kill('SIGKILL')
    const running = processes.filter((child) => child.exitCode === null && child.signalCode === null)
    await Promise.all([...running.map((child) => once(child, 'exit')), ...workers.map((worker) => worker.terminate())])
  }
}

/** @param {readonly number[]} values */
function percentiles(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const [p50 = 0, p99 = 0, p999 = 0] = [0.5, 0.99, 0.999].map((share) => sorted[Math.floor(sorted.length * share)])
  return { p50, p99, p999, max: sorted.at(-1) ?? 0 }
}

/** The value that stands in a list most often. @param {readonly number[]} values */
function mostSeen(values) {
  /** @param {number} value */
  const times = (value) => values.filter((one) => one === value).length
  return values.reduce((best, value) => (times(value) > times(best) ? value : best), values[0] ?? 0)
}

/** @param {import('../servers.mjs').Server} server */
async function connect(server) {
  for (let i = 0; i < CHANNELS; i++) {
    const from = await waitForPort(server.env, new RegExp(`_${process.pid}_out:out_${i}$`))
    const to = await waitForPort(server.env, new RegExp(`_${process.pid}_in:in_${i}$`))
    await connectPorts(server.env, from, to)
  }
}

/**
 * @param {Options} options
 * @param {import('../servers.mjs').Server} server
 * @param {(line: string) => void} progress
 */
export async function soak(options, server, progress) {
  Object.assign(process.env, server.env)
  const library = /** @type {typeof import('../../index.js')} */ (createRequire(import.meta.url)(inRoot('dist', 'index.js')))
  const signal = new Signal(Math.max(1, Math.round((options.minutes * 60 * server.rate) / STRETCH)))
  const seconds = signal.frames / server.rate
  const engine = await library.Engine.open({ device: 'jack', bufferSize: server.period })
  const capture = await library.Capture.open({
    device: 'jack', channels: CHANNELS, bufferSize: server.period, chunk: server.period, capacity: CAPACITY,
  })
  /** @type {string[]} */
  const warnings = []
  for (const one of [engine, capture]) one.on('warning', ({ code, message }) => warnings.push(`${code}: ${message}`))
  const chunks = capture.chunks()
  const checker = new Checker(signal, server.period)
  /** Milliseconds from a callback's beginning until its chunk was in JavaScript. @type {number[]} */
  const wakes = []
  /** When an xrun was seen, and how many until then. @type {{ time: number, count: number }[]} */
  const xruns = []
  /**
   * Callbacks without a period, at each of the last looks: the two counters of a capture that runs may be
   * read apart, so what was seen most often counts.
   * @type {number[]}
   */
  const unpaid = []
  const look = () => {
    const captured = capture.stats()
    const count = captured.xruns + engine.stats().xruns
    if (count > (xruns.at(-1)?.count ?? 0)) xruns.push({ time: performance.now() / 1000, count })
    unpaid.push(captured.callbacks - captured.captured / (capture.bufferSize * capture.channels))
    if (unpaid.length > 200) unpaid.shift()
  }
  // Chunks as they say of themselves.
  const told = { chunks: 0, frames: 0, next: 0, dropped: 0, skipped: 0 }
  let deleteAt = options.deleteOne ? Math.floor(((LEAD + seconds / 2) * server.rate) / server.period) : -1
  const reading = (async () => {
    for await (const { samples, frames, frame, time, droppedBefore } of chunks) {
      if (frames === server.period) wakes.push(performance.now() - 1000 * (time + capture.latency))
      const skipped = frame - told.next - droppedBefore / CHANNELS
      told.skipped += skipped < 0 ? NaN : skipped
      told.next = frame + frames
      told.chunks++
      told.frames += frames
      told.dropped += droppedBefore
      checker.feed(told.chunks === deleteAt ? withoutOne(samples) : samples, time)
    }
  })()

  await connect(server)
  const stopLoad = startLoad(options)
  try {
    const track = engine.createTrack()
    const samples = await Promise.all(signal.sources.map((channelData) => engine.load({ channelData, sampleRate: server.rate })))
    const start = engine.currentFrame + LEAD * server.rate
    for (const { source, gain, offset } of signal.stretches()) {
      const sample = samples[source]
      if (sample) track.play(sample, { at: { frame: start + offset }, gain })
    }
    const end = start + signal.frames + TAIL * server.rate
    const began = performance.now()
    let shown = began
    while (engine.currentFrame < end && !checker.hopeless) {
      await sleep(LOOK_MS)
      look()
      if (performance.now() < shown + 10_000) continue
      shown += 10_000
      progress(`${((shown - began) / 1000).toFixed(0)} of ${seconds + LEAD + TAIL} s, ${checker.checked} samples compared, ${checker.tears.length} tears, ${xruns.at(-1)?.count ?? 0} xruns`)
    }
  } finally {
    await stopLoad()
  }
  const captured = await capture.close()
  await reading
  checker.finish()
  look()
  const played = engine.stats()
  await engine.close()

  const { servers, ours } = attribute(checker.tears, xruns)
  const wrong = ours.reduce((sum, { samples }) => sum + samples, 0)
  const missing = captured.captured - checker.checked
  const faults = [
    ...(ours.length > 0 ? [`${ours.length} periods differ and are not the server's, the first at frame ${ours[0]?.frame}`] : []),
    ...(missing !== 0 ? [`${captured.captured} samples were captured, ${checker.checked} arrived`] : []),
    ...(checker.hopeless ? ['the signal was lost and never found again'] : []),
    ...(!checker.hopeless && checker.heard < signal.frames ? [`only ${checker.heard} of ${signal.frames} frames of the signal were heard`] : []),
    ...(mostSeen(unpaid) !== 0 ? [`${mostSeen(unpaid)} callbacks more than periods came in`] : []),
    ...(captured.dropped + told.dropped > 0 ? [`${captured.dropped} samples dropped by the ring, ${told.dropped} told lost to the reader`] : []),
    // Frames that never came, for the server stood still: told by the clock, and passed over by the indices.
    ...(told.skipped !== captured.lostByDevice ? [`indices pass over ${told.skipped} frames, the device lost ${captured.lostByDevice}`] : []),
    ...(captured.captured !== captured.delivered + captured.dropped + captured.buffered ? ['the account does not balance'] : []),
    ...[captured, played].flatMap(({ audioThread: { allocations, frees } }, n) =>
      allocations + frees > 0 ? [`${allocations} allocations and ${frees} frees in ${n === 0 ? 'capture' : 'playback'} callbacks`] : []),
    ...(played.lateEvents > 0 ? [`${played.lateEvents} stretches were played late`] : []),
  ]
  const deadlineUs = (1e6 * capture.bufferSize) / capture.sampleRate
  /** @param {import('../../index.js').CaptureStats['load']} l */
  const times = (l) => ({ mean: l.mean * deadlineUs, p50: l.p50 * deadlineUs, p99: l.p99 * deadlineUs, max: l.max * deadlineUs })
  return {
    verdict: faults.length > 0 ? 'FAILED' : servers.length > 0 ? 'passed, but for periods that the server tore' : 'bit-exact',
    faults,
    seconds,
    server: { period: server.period, rate: server.rate, realtime: server.realtime },
    load: { spinners: options.spinners, hammers: options.hammers },
    checked: { samples: checker.checked, equal: checker.equal, wrong, missing, signalFrames: signal.frames },
    torn: {
      xruns: xruns.at(-1)?.count ?? 0,
      xrunsOfCapture: captured.xruns,
      xrunsOfPlayback: played.xruns,
      periodsTornByTheServer: servers.filter(({ kind }) => kind === 'torn').length,
      periodsShiftedByTheServer: servers.filter(({ kind }) => kind === 'shifted').length,
      servers: servers.slice(0, 1000),
      ours: ours.slice(0, 1000),
    },
    capture: {
      callbacks: captured.callbacks, captured: captured.captured, delivered: captured.delivered, dropped: captured.dropped,
      buffered: captured.buffered, lostByDevice: captured.lostByDevice, ...captured.audioThread, reader: chunks.stats(), chunks: told.chunks,
    },
    playback: { callbacks: played.callbacks, ...played.audioThread, lateEvents: played.lateEvents },
    ring: { capacity: CAPACITY, highWater: captured.highWater },
    deadlineUs,
    callbackTime: { capture: times(captured.load), playback: times(played.load) },
    wakeLatencyMs: percentiles(wakes),
    warnings,
  }
}
