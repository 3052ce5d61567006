// A capture of a real server: everything until the last sample, for every reader, and its bad days.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { Capture, Engine } from '../../index'
import { readWav } from '../capture/wav'
import { isEveryBlock } from '../support/blocks'
import { useServer } from '../support/servers'
import { Collector, noise } from '../support/signal'

const server = useServer(test, 256)
const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-server-capture-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

for (const via of ['jack', 'alsa'] as const) {
  test.serial(`close during full traffic delivers the last sample to every reader, through ${via}`, async (t) => {
    const signal = [noise(4 * 48_000, 5), noise(4 * 48_000, 6)]
    const engine = await Engine.open({ device: via, bufferSize: 256 })
    const capture = await Capture.open({ device: via, channels: 2, bufferSize: 256 })
    try {
      const collector = new Collector(capture)
      await server.loopback(via)
      const file = path.join(dir, `${via}.wav`)
      const recording = await capture.record(file, { gaps: 'splice' })
      // A server that stood still leaves a gap in time, which is not what is compared here.
      const stream = capture.readable({ gaps: 'splice' })
      const pushes: Buffer[] = []
      stream.on('data', (bytes: Buffer) => pushes.push(bytes))
      const streamed = new Promise((resolve) => stream.once('end', resolve))
      engine.createTrack().play(await engine.load({ channelData: signal, sampleRate: 48_000 }))
      await collector.sound(60_000)
      const running = [capture.stats(), capture.stats()] as const
      const stats = await capture.close()
      await Promise.all([collector.done, streamed])

      // Every callback brings as many frames, and all of them came through.
      t.is(stats.captured % (2 * 256), 0)
      isEveryBlock(t, running, 2 * 256)
      t.true(stats.captured >= running[1].captured)
      t.like(stats, { delivered: stats.captured, dropped: 0, buffered: 0 })
      t.is(collector.dropped, 0)
      t.is(collector.skipped, stats.lostByDevice)
      t.is(2 * collector.frames, stats.captured)
      t.is(collector.chunks.at(-1)?.final, true)

      // From where the signal begins until the very last frame it is unbroken.
      const heard = [collector.channel(0), collector.channel(1)]
      const begin = heard[0]?.findIndex((sample) => sample !== 0) ?? -1
      t.true(begin >= 0 && collector.frames - begin > 48_000, 'a second of it was heard')
      for (const channel of [0, 1]) {
        t.deepEqual(heard[channel]?.subarray(begin), signal[channel]?.subarray(0, collector.frames - begin))
      }

      // The other readers came later and have the same end.
      const all = Float32Array.from({ length: stats.captured }, (_, n) => heard[n % 2]?.[n >> 1] ?? NaN)
      const bytes = Buffer.concat(pushes)
      const floats = Float32Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readFloatLE(4 * n))
      t.true(floats.length > 96_000)
      t.deepEqual(floats, all.subarray(all.length - floats.length))
      const { frames, dropped } = await recording.stop()
      const wav = readWav(file)
      t.deepEqual([wav.frames, dropped], [frames, 0])
      t.deepEqual(Float32Array.from(wav.values), all.subarray(all.length - 2 * frames))
    } finally {
      await engine.close()
      await capture.close()
    }
  })

  test.serial(`one channel is the average of both, at the device's rate and at another, through ${via}`, async (t) => {
    for (const sampleRate of [48_000, 16_000]) {
      const engine = await Engine.open({ device: via, bufferSize: 256 })
      const capture = await Capture.open({ device: via, sampleRate, bufferSize: 256 })
      try {
        const collector = new Collector(capture)
        await server.loopback(via)
        const level = (height: number): Float32Array => new Float32Array(10 * 48_000).fill(height)
        engine.createTrack().play(await engine.load({ channelData: [level(0.5), level(0.25)], sampleRate: 48_000 }))
        await collector.sound(0.4 * sampleRate)
        const running = [capture.stats(), capture.stats()] as const
        const stats = await capture.close()
        await collector.done
        t.is(capture.sampleRate, sampleRate)
        t.is(capture.channels, 1)
        t.true(capture.latency > 0)
        t.is(collector.skipped, stats.lostByDevice)
        t.is(collector.frames, stats.captured)
        const last = collector.channel(0).at(-500) ?? NaN
        t.true(Math.abs(last - 0.375) < 0.001, `${last} is not the average of 0.5 and 0.25`)
        // Where the device has another rate, every block counts; ALSA may convert by itself.
        const ratio = capture.device.sampleRates.includes(sampleRate) ? 1 : sampleRate / 48_000
        isEveryBlock(t, running, 256 * ratio)
      } finally {
        await engine.close()
        await capture.close()
      }
    }
  })
}
