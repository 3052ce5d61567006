// Plays a known signal on a device that is stepped by hand and captures it back, bit for bit.
import assert from 'node:assert/strict'
import { Capture, Engine } from 'noxrun'
import { createVirtualDevice } from 'noxrun/testing'

const device = createVirtualDevice({ sampleRate: 48000, channels: 2, bufferSize: 256, loopback: true, clock: 'manual' })
const engine = await Engine.open({ device: device.id })
const capture = await Capture.open({ device: device.id, channels: 2 })
const chunks = capture.chunks()

const left = Float32Array.from({ length: 1000 }, (_, i) => (i % 97) / 128)
const right = Float32Array.from({ length: 1000 }, (_, i) => -(1 + (i % 89)) / 128)
const sample = await engine.load({ channelData: [left, right], sampleRate: 48000 })
engine.createTrack().play(sample, { at: { frame: 300 } })
await device.step(2048)

const stats = engine.stats()
await capture.close()
const captured = []
for await (const chunk of chunks) {
  assert.equal(chunk.droppedBefore, 0)
  captured.push(...chunk.samples)
}
await engine.close()
device.close()

assert.equal(captured.length, 2 * 2048)
for (let frame = 0; frame < 2048; frame++) {
  const inside = frame >= 300 && frame < 1300
  assert.equal(captured[2 * frame], inside ? left[frame - 300] : 0, `left, frame ${frame}`)
  assert.equal(captured[2 * frame + 1], inside ? right[frame - 300] : 0, `right, frame ${frame}`)
}
assert.equal(stats.audioThread.allocations, 0)
console.log('played and captured')
