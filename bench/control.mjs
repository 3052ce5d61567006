// Control path: what one write costs JavaScript, and how long a play takes to sound.
// Ends with one JSON line. Needs a JACK server for the latency part (scripts/bench.mjs starts it).
import { performance } from 'node:perf_hooks'
import { Engine } from '../dist/index.js'
import { createVirtualDevice } from '../dist/src/testing.js'

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
const summary = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) }
}
const round = (value, digits = 1) => Number(value.toFixed(digits))
const each = (object, f) => Object.fromEntries(Object.entries(object).map(([k, v]) => [k, f(v)]))

/** Nanoseconds a write, over runs of many writes each. */
function time(runs, writes, body) {
  const costs = []
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    body()
    costs.push(((performance.now() - start) * 1e6) / writes)
  }
  return summary(costs.slice(Math.floor(runs / 10)))
}

async function writes() {
  const device = createVirtualDevice({ clock: 'realtime' })
  const engine = await Engine.open({ device: device.id })
  try {
    const tracks = Array.from({ length: 8 }, () => engine.createTrack())
    let turn = 0
    const set = time(200, 10_000, () => {
      for (let i = 0; i < 10_000; i++) tracks[i & 7].volume.set((turn++ & 1023) / 1024)
    })
    const batch = time(400, 64 * 50, () => {
      for (let b = 0; b < 50; b++) {
        engine.batch(() => {
          for (let i = 0; i < 64; i++) tracks[i & 7].pan.set((turn++ & 1023) / 1024)
        })
      }
    })
    return { set, batch }
  } finally {
    await engine.close()
    device.close()
  }
}

/**
 * From `track.play()` to the callback that renders its first frame: the voice's first frame, on
 * the wall clock by the engine's own clock. The engine publishes frame and time of each callback,
 * so (frame of the voice − frame now) / rate, taken at one instant after it started, dates it.
 */
async function latency() {
  const engine = await Engine.open({ device: process.env.NOXRUN_BENCH_DEVICE ?? 'jack', bufferSize: 256 })
  try {
    const track = engine.createTrack()
    const click = new Float32Array(64).fill(0.1)
    const sample = await engine.load({ channelData: [click], sampleRate: engine.sampleRate })
    const delays = []
    for (let i = 0; i < 500; i++) {
      const start = performance.now()
      const voice = track.play(sample)
      const frame = await voice.startedAt
      const now = performance.now()
      const clock = engine.currentFrame
      // The clock stands at the end of the newest block: its first frame was rendered a block before.
      const rendered = now - ((clock - engine.bufferSize - frame) / engine.sampleRate) * 1000
      delays.push(rendered - start)
      await new Promise((resolve) => setTimeout(resolve, 3 + Math.random() * 9))
    }
    return { device: engine.device.id, rate: engine.sampleRate, buffer: engine.bufferSize, ...summary(delays) }
  } finally {
    await engine.close()
  }
}

const { set, batch } = await writes()
console.log(`param.set          ${round(set.median)} ns median, ${round(set.p99)} ns p99 (target ≤ 300 ns)`)
console.log(`a write in a batch ${round(batch.median)} ns median, ${round(batch.p99)} ns p99 (target ≤ 100 ns)`)
let played = null
try {
  played = await latency()
  console.log(
    `play → rendered    ${round(played.median, 2)} ms median, ${round(played.p99, 2)} ms p99, ${round(played.max, 2)} ms max ` +
      `on ${played.device}, ${played.rate} Hz / ${played.buffer} frames (target: median < 8 ms, max < 20 ms)`,
  )
} catch (error) {
  console.log(`play → rendered    skipped: ${error.message}`)
}
console.log(JSON.stringify({ set: each(set, round), batch: each(batch, round), play: played }))
