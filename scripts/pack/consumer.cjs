// The CommonJS side of consumer.mjs: the same path, briefly.
const assert = require('node:assert/strict')
const { Capture, Engine, NoxrunError } = require('noxrun')
const { createVirtualDevice } = require('noxrun/testing')

async function main() {
  const device = createVirtualDevice({ sampleRate: 48000, channels: 2, loopback: true, clock: 'manual' })
  const engine = await Engine.open({ device: device.id })
  const capture = await Capture.open({ device: device.id, channels: 2 })
  const chunks = capture.chunks()
  const ones = new Float32Array(500).fill(0.5)
  engine.createTrack().play(await engine.load({ channelData: [ones, ones], sampleRate: 48000 }), { at: { frame: 0 } })
  await device.step(1024)
  await capture.close()
  let sum = 0
  for await (const chunk of chunks) for (const value of chunk.samples) sum += value
  await engine.close()
  device.close()
  assert.equal(sum, 500)
  assert.equal(typeof NoxrunError, 'function')
  console.log('played and captured')
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
