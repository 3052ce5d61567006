// node driver.mjs play|capture: one audited stream through the package's public interface, for the
// second witness to watch. NOXRUN_DEVICE names the device, NOXRUN_BUFFER_SIZE the frames a callback,
// NOXRUN_CALLBACKS how many callbacks to wait for. Prints one line of JSON.
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Capture, Engine } from 'noxrun'

const device = process.env['NOXRUN_DEVICE'] ?? 'virtual'
const bufferSize = Number(process.env['NOXRUN_BUFFER_SIZE'] ?? 256)
const callbacks = Number(process.env['NOXRUN_CALLBACKS'] ?? 500)
const GIVE_UP_AFTER = 60_000

// What this process starts is none of the witness's business.
Reflect.deleteProperty(process.env, 'LD_PRELOAD')

/**
 * @param {() => number} count
 * @param {() => void} meanwhile Called every few milliseconds.
 */
async function untilCallbacks(count, meanwhile) {
  const deadline = Date.now() + GIVE_UP_AFTER
  while (count() < callbacks) {
    if (Date.now() > deadline) throw new Error(`only ${count()} of ${callbacks} callbacks came`)
    meanwhile()
    await sleep(5)
  }
}

async function play() {
  const engine = await Engine.open({ device, bufferSize, audit: true })
  try {
    const sine = Float32Array.from({ length: engine.sampleRate / 4 }, (_, i) => 0.1 * Math.sin((2 * Math.PI * 440 * i) / engine.sampleRate))
    const sample = await engine.load({ channelData: [sine, sine], sampleRate: engine.sampleRate })
    const track = engine.createTrack()
    // Traffic of every kind, so that the callbacks have something to do wrong.
    let turn = 0
    await untilCallbacks(() => engine.stats().callbacks, () => {
      turn++
      track.volume.set(0.5 + 0.4 * Math.sin(turn))
      track.pan.set(Math.cos(turn))
      if (turn % 8 === 0) track.play(sample, { at: engine.currentTime + 0.02, gain: 0.3 })
      if (turn % 50 === 0) track.stop()
    })
    return engine.stats()
  } finally {
    await engine.close()
  }
}

async function capture() {
  const stream = await Capture.open({ device, bufferSize, channels: 2, audit: true })
  try {
    const reader = (async () => {
      for await (const chunk of stream) if (chunk.frames < 0) break
    })()
    await untilCallbacks(() => stream.stats().callbacks, () => undefined)
    const stats = stream.stats()
    await stream.close()
    await reader
    return stats
  } finally {
    await stream.close()
  }
}

const stats = await (process.argv[2] === 'capture' ? capture() : play())
console.log(JSON.stringify({ callbacks: stats.callbacks, audioThread: stats.audioThread }))
