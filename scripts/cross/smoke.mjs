// What a new user would try first, by Node of another machine: lists devices, plays, captures, renders.
// argv: the folder of the built TypeScript.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'

const require = createRequire(import.meta.url)
const dist = process.argv[2] ?? ''
const { Capture, Engine, listDevices, render } = /** @type {typeof import('../../index.js')} */ (require(path.join(dist, 'index.js')))
const { createVirtualDevice } = /** @type {typeof import('../../src/testing.js')} */ (require(path.join(dist, 'src', 'testing.js')))

const device = createVirtualDevice({ sampleRate: 48000, channels: 2, loopback: true, clock: 'manual' })
const engine = await Engine.open({ device: device.id })
const capture = await Capture.open({ device: device.id, channels: 2 })
const chunks = capture.chunks()
const half = new Float32Array(500).fill(0.5)
const pcm = { channelData: [half, half], sampleRate: 48000 }
engine.createTrack().play(await engine.load(pcm), { at: { frame: 0 } })
await device.step(1024)
await capture.close()
let sum = 0
for await (const chunk of chunks) for (const value of chunk.samples) sum += value
assert.equal(sum, 500)
assert.equal(engine.stats().audioThread.allocations, 0)
// Where libasound is at hand, this calls it.
const devices = await listDevices()
assert.ok(devices.some((one) => one.id === device.id), 'the virtual device is listed')
await engine.close()
device.close()

const { peak } = await render({ duration: 0.02, sampleRate: 48000 }, async (offline) => {
  offline.createTrack().play(await offline.load(pcm), { at: { frame: 0 } })
})
assert.equal(peak, 0.5)
console.log(`Node ${process.version} on ${process.arch}: ${devices.length} devices listed; played, captured, rendered`)
