// A device that takes and gives integers only: what is played and captured through them is exact, and
// what is beyond their range is clamped.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import test from 'ava'
import { Capture, Engine } from '../../index'
import { useServer } from '../support/servers'
import { Collector, noise } from '../support/signal'

const server = useServer(test, 256)
const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-integers-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

/** The server's ALSA devices with a default one that converts between its floats and integers. */
function useIntegers(): void {
  const file = path.join(dir, 'asound.conf')
  const config = readFileSync(server.env['ALSA_CONFIG_PATH'] ?? '', 'utf8')
  writeFileSync(file, `${config}
pcm.!default {
  type lfloat
  slave { pcm rawjack format FLOAT }
  hint { show on description "jack in integers" }
}
`)
  process.env['ALSA_CONFIG_PATH'] = file
}

test.serial('a device of integers alone plays and captures every value they can hold, and clamps the others', async (t) => {
  useIntegers()
  // Exact in 24 bits, so also in 32; then full scale and beyond, where the safety stage would be.
  const exact = [21, 22].map((seed) => noise(2 * 48_000, seed).map((x) => Math.round(x * 2 ** 23) / 2 ** 23 || 2 ** -23))
  exact.forEach((channel) => { channel.set([1, -1, 1.5, -1.5, 1e9, -1e9, 2 ** -23, -(2 ** -23)], 100) })
  const engine = await Engine.open({ device: 'alsa', bufferSize: 256, safetyLimiter: false })
  const capture = await Capture.open({ device: 'alsa', channels: 2, bufferSize: 256 })
  try {
    const collector = new Collector(capture)
    await server.loopback('alsa')
    engine.createTrack().play(await engine.load({ channelData: exact, sampleRate: 48_000 }))
    await collector.sound(24_000)
    const stats = await capture.close()
    const xruns = engine.stats().xruns + stats.xruns
    await collector.done
    const heard = [collector.channel(0), collector.channel(1)]
    const begin = heard[0]?.findIndex((sample) => sample !== 0) ?? -1
    t.true(begin >= 0 && collector.frames - begin > 4800, 'a tenth of a second of it was heard')
    // Until a server that missed a deadline lets something of it out, a period at least.
    const frames = xruns > 0 ? 200 : Math.min(collector.frames - begin, 2 * 48_000)
    for (const channel of [0, 1]) {
      const expected = exact[channel]?.subarray(0, frames).map((x) => Math.max(-1, Math.min(1, x)))
      t.deepEqual(heard[channel]?.subarray(begin, begin + frames), expected)
    }
    t.deepEqual([stats.dropped, stats.audioThread.allocations, stats.audioThread.frees], [0, 0, 0])
  } finally {
    await engine.close()
    await capture.close()
  }
})
