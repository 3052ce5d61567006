// The tests that each planted fault must fail (scripts/sabotage/faults.mjs). They stand together so that
// one look tells what the proof rests on.
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { Capture, Engine } from '../index'
import { createVirtualDevice } from '../src/testing'
import { Collector, find, noise } from './support/signal'

/** Plays and captures on a real-time virtual device under control traffic. */
async function traffic(callbacks: number, audit: boolean) {
  const device = createVirtualDevice({ clock: 'realtime', loopback: true, bufferSize: 64 })
  const engine = await Engine.open({ device: device.id, bufferSize: 64, audit })
  const capture = await Capture.open({ device: device.id, bufferSize: 64, audit })
  try {
    const chunks = capture.chunks()
    const reading = (async () => {
      while ((await chunks.next()).done !== true);
    })()
    const tracks = Array.from({ length: 4 }, () => engine.createTrack())
    const sample = await engine.load({ channelData: [noise(4800, 1)], sampleRate: 48_000 })
    for (let i = 0; engine.stats().callbacks < callbacks; i++) {
      const track = tracks[i % 4]
      track?.volume.set((i % 10) / 10)
      track?.pan.set(((i % 20) - 10) / 10)
      const voice = track?.play(sample, { gain: 0.1 })
      if (i % 3 === 0) voice?.stop()
      await sleep(5)
    }
    await capture.close()
    await reading
    return { playback: engine.stats(), capture: capture.stats() }
  } finally {
    await engine.close()
    await capture.close()
    device.close()
  }
}

test.serial('callbacks allocate and free nothing', async (t) => {
  const { playback, capture } = await traffic(2000, false)
  t.true(playback.callbacks >= 2000 && capture.callbacks > 1000)
  const clean = { allocations: 0, frees: 0, blocked: null }
  t.deepEqual(playback.audioThread, clean)
  t.deepEqual(capture.audioThread, clean)
})

test.serial('playback callbacks never block', async (t) => {
  const { playback } = await traffic(2000, true)
  t.deepEqual(playback.audioThread, { allocations: 0, frees: 0, blocked: 0 })
})

test.serial('a capture with an attentive reader loses nothing', async (t) => {
  const device = createVirtualDevice({ clock: 'realtime', loopback: true })
  const capture = await Capture.open({ device: device.id, capacity: 72_000 })
  const chunks = capture.chunks()
  let frames = 0
  let dropped = 0
  for await (const chunk of chunks) {
    frames += chunk.frames
    dropped += chunk.droppedBefore
    if (frames + dropped >= 4 * 48_000) break
  }
  const { dropped: refused } = await capture.close()
  device.close()
  t.is(dropped, 0)
  t.is(refused, 0)
})

test.serial('a voice starts on the frame it was given', async (t) => {
  const device = createVirtualDevice()
  const engine = await Engine.open({ device: device.id })
  const signal = noise(500, 3)
  const sample = await engine.load({ channelData: [signal, signal], sampleRate: 48_000 })
  const voice = engine.createTrack().play(sample, { at: { frame: 777 } })
  await device.step(2048)
  const heard = device.output().channelData[0] ?? new Float32Array()
  t.is(await voice.startedAt, 777)
  t.is(find(heard, signal), 777)
  await engine.close()
  device.close()
})

test.serial('every captured sample is where it belongs', async (t) => {
  const device = createVirtualDevice()
  const capture = await Capture.open({ device: device.id, channels: 2 })
  const chunks = capture.chunks()
  const left = noise(50_000, 4)
  const right = noise(50_000, 5)
  device.feed({ channelData: [left, right], sampleRate: 48_000 })
  await device.step(50_000)
  await capture.close()
  let frames = 0
  let wrong = 0
  for await (const chunk of chunks) {
    for (let i = 0; i < chunk.frames; i++) {
      if (chunk.samples[2 * i] !== left[chunk.frame + i]) wrong++
      if (chunk.samples[2 * i + 1] !== right[chunk.frame + i]) wrong++
    }
    frames += chunk.frames
  }
  device.close()
  t.is(frames, 50_000)
  t.is(wrong, 0)
})

test.serial('the capture thread is woken by callbacks, not by its time-out', async (t) => {
  const device = createVirtualDevice({ clock: 'realtime', bufferSize: 240 })
  const capture = await Capture.open({ device: device.id, chunk: 240, bufferSize: 240 })
  let bursts = 0
  let frames = 0
  let burst = false
  for await (const chunk of capture.chunks()) {
    frames += chunk.frames
    if (!burst) {
      burst = true
      bursts++
      setImmediate(() => (burst = false))
    }
    if (frames >= 2 * 48_000) break
  }
  await capture.close()
  device.close()
  // 400 chunks in 2 s. By the time-out alone they would come in 20 bursts, woken by each in its own.
  t.true(bursts > 40, `${bursts} bursts`)
})

test.serial('what the ring refused is counted to the sample, where it was lost', async (t) => {
  const device = createVirtualDevice()
  const capture = await Capture.open({ device: device.id, channels: 2, capacity: 2000, chunk: 100 })
  const left = noise(10_000, 6)
  device.feed({ channelData: [left, noise(10_000, 7)], sampleRate: 48_000 })
  // The ring holds the first 1,000 frames; what comes until a reader is there is lost.
  await device.step(6000)
  const collector = new Collector(capture)
  const settled = async (): Promise<void> => {
    while (capture.stats().buffered + (capture.stats().readers[0]?.buffered ?? 0) >= 200) await sleep(1)
  }
  await settled()
  for (let i = 0; i < 8; i++) {
    await device.step(500)
    await settled()
  }
  const stats = await capture.close()
  await collector.done
  device.close()
  t.is(stats.captured, 20_000)
  t.is(stats.dropped, 2 * 5000)
  t.is(collector.dropped, 2 * 5000)
  const gaps = collector.chunks.filter((chunk) => chunk.droppedBefore > 0)
  t.deepEqual(gaps.map((chunk) => chunk.frame), [6000])
  t.is(collector.frames, 5000)
  t.is(collector.skipped, 0)
  const heard = collector.channel(0)
  t.deepEqual(heard.subarray(0, 1000), left.subarray(0, 1000))
  t.deepEqual(heard.subarray(1000), left.subarray(6000))
})
