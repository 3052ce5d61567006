// A known signal, out through a real server and back in, through JACK and through ALSA.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { heard } from '../support/heard'
import { useServer } from '../support/servers'
import { find, noise, wavFile } from '../support/signal'

const server = useServer(test, 256)
const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-loopback-'))
test.after.always(() => {
  rmSync(dir, { recursive: true, force: true })
})

for (const backend of ['jack', 'alsa'] as const) {
  test.serial(`a WAV played through ${backend} is captured back bit for bit, unbroken, in both channels`, async (t) => {
    const left = noise(2 * 48_000, 1)
    const right = noise(2 * 48_000, 2)
    const file = path.join(dir, `${backend}.wav`)
    writeFileSync(file, wavFile([left, right], 48_000))

    await heard(server, backend, async ({ engine, capture, collector }) => {
      t.is(engine.sampleRate, 48_000)
      t.is(engine.bufferSize, 256)
      const sample = await engine.load(file)
      const voice = engine.createTrack().play(sample, { at: engine.currentTime + 0.3 })
      const { reason } = await voice.ended
      t.is(reason, 'finished')
      await sleep(300)
      const stats = await capture.close()
      await collector.done

      t.is(collector.dropped, 0)
      t.is(collector.skipped, stats.lostByDevice)
      const at = [find(collector.channel(0), left), find(collector.channel(1), right)]
      t.true((at[0] ?? -1) >= 0, 'the left channel came back whole')
      t.is(at[0], at[1], 'both channels at the same frame')
      t.is(stats.captured, stats.delivered + stats.dropped + stats.buffered)
      t.is(stats.dropped, 0)
      for (const { audioThread } of [stats, engine.stats()]) {
        t.is(audioThread.allocations, 0)
        t.is(audioThread.frees, 0)
      }
    })
  })
}
