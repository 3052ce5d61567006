// A strict TypeScript consumer: an ES module, every value typed by what the package declares.
import { strict as assert } from 'node:assert'
import { Capture, Engine, type Chunk, type EngineStats, type PcmData, type Voice } from 'noxrun'
import { createVirtualDevice, type VirtualDevice } from 'noxrun/testing'

const device: VirtualDevice = createVirtualDevice({ sampleRate: 48000, channels: 2, loopback: true, clock: 'manual' })
const engine: Engine = await Engine.open({ device: device.id })
const capture: Capture = await Capture.open({ device: device.id, channels: 2 })
const chunks = capture.chunks()
const pcm: PcmData = { channelData: [new Float32Array(64).fill(0.25), new Float32Array(64).fill(0.25)], sampleRate: 48000 }
const voice: Voice = engine.createTrack({ name: 'typed' }).play(await engine.load(pcm), { at: { frame: 100 } })
await device.step(512)
const ended: { frame: number; reason: string } = await voice.ended
const stats: EngineStats = engine.stats()
await capture.close()
let loud = 0
for await (const chunk of chunks) loud += count(chunk)
await engine.close()
device.close()

function count(chunk: Chunk): number {
  return chunk.samples.filter((value) => value === 0.25).length
}

// @ts-expect-error -- a buffer size is a number
const wrong: NonNullable<Parameters<typeof Engine.open>[0]> = { bufferSize: '256' }

assert.equal(loud, 128)
assert.equal(ended.frame, 164)
assert.equal(stats.audioThread.allocations, 0)
assert.equal(typeof wrong, 'object')
console.log('played and captured')
