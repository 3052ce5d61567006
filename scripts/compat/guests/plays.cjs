// What is played is captured, by whatever copy of the package is given.
const assert = require('node:assert/strict')

async function plays({ Capture, Engine }, { createVirtualDevice }) {
  const device = createVirtualDevice({ sampleRate: 48000, channels: 2, loopback: true, clock: 'manual' })
  const engine = await Engine.open({ device: device.id })
  const capture = await Capture.open({ device: device.id, channels: 2 })
  const chunks = capture.chunks()
  const half = new Float32Array(500).fill(0.5)
  engine.createTrack().play(await engine.load({ channelData: [half, half], sampleRate: 48000 }), { at: { frame: 0 } })
  await device.step(1024)
  await capture.close()
  let sum = 0
  for await (const chunk of chunks) for (const value of chunk.samples) sum += value
  await engine.close()
  device.close()
  assert.equal(sum, 500)
}

module.exports = { plays }
