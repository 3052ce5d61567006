// A program that uses everything of the package that needs no sound card, and checks what it hears.
// Prints one line at the end; any difference throws.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Capture, Engine, listDevices, NoxrunError, probe, render } from 'noxrun'
import { createVirtualDevice } from 'noxrun/testing'

const RATE = 48000
const ramp = (frames, sign) => Float32Array.from({ length: frames }, (_, i) => (sign * (1 + (i % 97))) / 128)

function transfers({ buffer }) {
  const moved = structuredClone(buffer, { transfer: [buffer] })
  assert.equal(buffer.byteLength, 0)
  assert.ok(moved instanceof ArrayBuffer)
}

/** What is played comes back, bit for bit, through chunks, overlapping chunks and a stream. */
async function playsAndCaptures() {
  const device = createVirtualDevice({ sampleRate: RATE, channels: 2, bufferSize: 256, loopback: true, clock: 'manual' })
  const engine = await Engine.open({ device: device.id })
  const capture = await Capture.open({ device: device.id, channels: 2, chunk: 480 })
  const chunks = capture.chunks()
  const stream = capture.readable({ format: 's16' })
  const [left, right] = [ramp(1000, 1), ramp(1000, -1)]
  const sample = await engine.load({ channelData: [left, right], sampleRate: RATE })
  const track = engine.createTrack()
  const voice = track.play(sample, { at: { frame: 300 } })
  const meter = track.createMeter()
  await device.step(2048)
  assert.equal(await voice.startedAt, 300)
  assert.equal((await voice.ended).reason, 'finished')
  assert.ok(meter.read().peak[0] > 0.7)
  const { channelData } = device.output()
  assert.equal(channelData[0].length, 2048)
  assert.equal(channelData[0][300], left[0])
  assert.equal(engine.stats().audioThread.allocations, 0)
  await capture.close()
  const captured = []
  for await (const chunk of chunks) {
    assert.ok(chunk.samples instanceof Float32Array)
    // Its receiver owns it: it can be written to, and transferred.
    const copy = chunk.samples.slice()
    chunk.samples.fill(0)
    transfers(chunk.samples)
    captured.push(...copy)
  }
  assert.equal(captured.length, 2 * 2048)
  for (let frame = 0; frame < 2048; frame++) {
    const inside = frame >= 300 && frame < 1300
    assert.equal(captured[2 * frame], inside ? left[frame - 300] : 0)
    assert.equal(captured[2 * frame + 1], inside ? right[frame - 300] : 0)
  }
  let bytes = 0
  for await (const piece of stream) bytes += piece.length
  assert.equal(bytes, 2048 * 2 * 2)
  await engine.close()
  device.close()
}

/** A recording, of what a stepped device plays into itself. */
async function records(folder) {
  const device = createVirtualDevice({ sampleRate: RATE, channels: 1, bufferSize: 128, loopback: true, clock: 'manual' })
  const engine = await Engine.open({ device: device.id, channels: 1 })
  const capture = await Capture.open({ device: device.id, channels: 1 })
  const file = path.join(folder, 'take.wav')
  const recording = await capture.record(file, { format: 'f32' })
  engine.createTrack().play(await engine.load({ channelData: [ramp(4800, 1)], sampleRate: RATE }))
  await device.step(9600)
  const { frames } = await recording.stop()
  assert.equal(frames, 9600)
  const facts = await probe(file)
  assert.equal(facts.frames, 9600)
  assert.ok(readFileSync(file).length > 9600 * 4)
  await capture.close()
  await engine.close()
  device.close()
}

/** Offline, into memory and into a file. */
async function renders(folder) {
  const build = async (engine) => {
    const tone = Float32Array.from({ length: RATE / 2 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / RATE))
    const track = engine.createTrack()
    track.fx.add('filter', { type: 'lowpass', frequency: 2000 })
    track.fx.add('gain', { gainDb: 3 })
    track.play(await engine.load({ channelData: [tone], sampleRate: RATE }), { at: 0.1 })
  }
  const memory = await render({ duration: 1 }, build)
  assert.equal(memory.channelData.length, 2)
  assert.equal(memory.channelData[1].length, RATE)
  assert.ok(memory.peak > 0.2 && memory.peak < 1.2)
  memory.channelData.forEach(transfers)
  const file = path.join(folder, 'render.wav')
  const written = await render({ duration: 1, output: file, format: 's24' }, build)
  assert.equal(written.peak, memory.peak)
  const engine = await Engine.open({ device: 'virtual' })
  const loaded = await engine.load(new Uint8Array(readFileSync(file)))
  assert.equal(loaded.frames, RATE)
  await engine.close()
}

async function refuses() {
  assert.ok((await listDevices()).some(({ id }) => id === 'virtual'))
  await assert.rejects(Engine.open({ device: 'nonsense' }), (error) => error instanceof NoxrunError && error.code === 'ERR_NO_DEVICE')
  await assert.rejects(Engine.open({ channels: -1 }), { code: 'ERR_OUT_OF_RANGE' })
}

const folder = await mkdtemp(path.join(tmpdir(), 'noxrun-consumer-'))
try {
  await refuses()
  await playsAndCaptures()
  await records(folder)
  await renders(folder)
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log('all of it worked')
