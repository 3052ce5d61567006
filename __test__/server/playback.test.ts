// Playback on a real server, through JACK and through ALSA, listened to by a capture.
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { Engine } from '../../index'
import { heard } from '../support/heard'
import { useServer } from '../support/servers'
import { block, find, noise } from '../support/signal'

const server = useServer(test, 256)
const RATE = 48_000

for (const backend of ['jack', 'alsa'] as const) {
  test.serial(`${backend}: a buffer size that the server refuses falls back, with a warning`, async (t) => {
    const engine = await Engine.open({ device: backend, bufferSize: 128 })
    t.teardown(() => engine.close())
    engine.on('warning', () => undefined)
    t.is(engine.bufferSize, 256)
    const warnings = engine.warnings.filter(({ code }) => code === 'BUFFER_SIZE_FALLBACK')
    t.like(warnings, [{ asked: 128, granted: 256 }])
    t.is(warnings.length, 1)
    const sample = await engine.load({ channelData: [noise(1000, 1)], sampleRate: RATE })
    t.is((await engine.createTrack().play(sample).ended).reason, 'finished')
  })

  test.serial(`${backend}: an event loop blocked for 2 s breaks nothing in the sound`, async (t) => {
    await heard(server, backend, async ({ engine, capture, collector }) => {
      const [left, right] = [noise(4 * RATE, 1), noise(4 * RATE, 2)]
      const sample = await engine.load({ channelData: [left, right], sampleRate: RATE })
      const second = await engine.load({ channelData: [noise(1000, 3), noise(1000, 4)], sampleRate: RATE })
      const track = engine.createTrack()
      const start = engine.currentFrame + RATE / 2
      const voice = track.play(sample, { at: { frame: start } })
      // The sound goes on through the block, and what was called before it comes on its frame.
      await sleep(800)
      const inside = track.play(second, { at: { frame: start + 4 * RATE + 100 } })
      block(2000)
      t.deepEqual(await voice.ended, { frame: start + 4 * RATE, reason: 'finished' })
      await inside.ended
      await sleep(300)
      await capture.close()
      await collector.done
      t.is(collector.dropped, 0)
      const at = find(collector.channel(0), left)
      t.true(at >= 0, 'the left channel came back whole')
      t.is(find(collector.channel(1), right), at)
      t.is(find(collector.channel(0), noise(1000, 3)), at + 4 * RATE + 100)
      t.is(engine.stats().lateEvents, 0)
    })
  })

  test.serial(`${backend}: a call takes effect though JavaScript blocks straight after it`, async (t) => {
    await heard(server, backend, async ({ engine, capture, collector }) => {
      const signal = noise(RATE / 2, 5)
      const sample = await engine.load({ channelData: [signal, signal], sampleRate: RATE })
      const track = engine.createTrack()
      const before = engine.currentFrame
      const voice = track.play(sample)
      block(1500)
      const started = await voice.startedAt
      t.true(started !== null && started < before + RATE, `it started on ${started}, called at ${before}`)
      await voice.ended
      await sleep(200)
      await capture.close()
      await collector.done
      t.true(find(collector.channel(0), signal) >= 0)
    })
  })

  test.serial(`${backend}: onsets fall on their frames while JavaScript floods parameters`, async (t) => {
    await heard(server, backend, async ({ engine, capture, collector }) => {
      const track = engine.createTrack()
      const others = Array.from({ length: 16 }, () => engine.createTrack())
      const offsets = [0, 1, 255, 256, 257, 1000, 4801, 12_345, 48_000, 48_007, 60_000, 95_999, 110_003]
      const clicks = offsets.map((_, i) => 0.25 + i / 64)
      const click = await engine.load({ channelData: [Float32Array.of(1 / 4), Float32Array.of(1 / 4)], sampleRate: RATE })
      const start = engine.currentFrame + RATE / 2
      const voices = offsets.map((offset, i) =>
        track.play(click, { at: { frame: start + offset }, gain: 4 * (clicks[i] ?? 0) }))
      const flooding = { on: true }
      const flood = (async () => {
        for (let i = 0; flooding.on; i++) {
          for (let k = 0; k < 2000; k++) others[k % others.length]?.volume.set(((i + k) % 400) / 100)
          others[i % others.length]?.pan.set((i % 200) / 100 - 1)
          await sleep(1)
        }
      })()
      const started = await Promise.all(voices.map((voice) => voice.startedAt))
      await voices.at(-1)?.ended
      flooding.on = false
      await flood
      t.deepEqual(started, offsets.map((offset) => start + offset))
      await sleep(300)
      await capture.close()
      await collector.done
      t.is(collector.dropped, 0)
      for (const index of [0, 1]) {
        const signal = collector.channel(index)
        const found = [...signal.keys()].filter((n) => signal[n] !== 0)
        const first = found[0] ?? NaN
        t.deepEqual(found.map((n) => n - first), offsets)
        t.deepEqual(found.map((n) => signal[n]), clicks)
      }
      const stats = engine.stats()
      t.is(stats.lateEvents, 0)
      t.is(stats.audioThread.allocations, 0)
      t.is(stats.audioThread.frees, 0)
    })
  })
}
