// Runs in a worker thread: does what `workerData.job` says, and tells its parent when it has.
import assert from 'node:assert/strict'
import { parentPort, workerData } from 'node:worker_threads'
import { Capture, Engine, render } from 'noxrun'
import { createVirtualDevice } from 'noxrun/testing'

const tone = Float32Array.from({ length: 48000 }, (_, i) => ((i % 101) - 50) / 64)

async function running() {
  const engine = await Engine.open({ device: 'virtual' })
  const capture = await Capture.open({ device: 'virtual' })
  const sample = await engine.load({ channelData: [tone], sampleRate: 48000 })
  const track = engine.createTrack()
  track.fx.add('filter', { frequency: 900 })
  track.play(sample, { loop: true })
  setInterval(() => track.volume.set(Math.random()), 2)
  return { engine, capture, track, sample }
}

const jobs = {
  /** Opens, plays bit for bit, closes. */
  async whole() {
    const device = createVirtualDevice({ sampleRate: 48000, channels: 2, loopback: true, clock: 'manual' })
    const engine = await Engine.open({ device: device.id })
    const capture = await Capture.open({ device: device.id, channels: 2 })
    const chunks = capture.chunks()
    engine.createTrack().play(await engine.load({ channelData: [tone, tone], sampleRate: 48000 }), { at: { frame: 100 } })
    for (let i = 0; i < 20; i++) await device.step(512)
    await capture.close()
    let frame = 0
    for await (const { samples, frames } of chunks) {
      for (let i = 0; i < frames; i++, frame++) assert.equal(samples[2 * i], frame < 100 ? 0 : tone[frame - 100])
    }
    assert.equal(frame, 20 * 512)
    await engine.close()
    device.close()
    parentPort.postMessage('done')
  },
  /** Plays and captures until it is ended from outside, while a reader waits and much is going on. */
  async playing() {
    const { capture } = await running()
    let told = false
    for await (const { frames } of capture) {
      if (frames > 0 && !told) parentPort.postMessage('going')
      told = true
    }
  },
  /** Is ended while promises of every kind are pending. */
  async pending() {
    const { engine } = await running()
    parentPort.postMessage('going')
    for (;;) {
      await Promise.all([
        Engine.open({ device: 'virtual' }), Capture.open({ device: 'virtual' }),
        engine.load({ channelData: [tone], sampleRate: 44100 }),
        render({ duration: 5 }, async (offline) => {
          offline.createTrack().play(await offline.load({ channelData: [tone], sampleRate: 48000 }))
        }),
      ])
    }
  },
  /** Leaves a running engine behind and ends by itself. */
  async forgotten() {
    await Engine.open({ device: 'virtual', keepAlive: false })
    await Capture.open({ device: 'virtual', keepAlive: false })
    parentPort.postMessage('done')
  },
  /** Ends itself while it plays. */
  async exits() {
    await running()
    setTimeout(() => process.exit(3), 20)
  },
}

await jobs[workerData.job]()
