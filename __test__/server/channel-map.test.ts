// Chosen channels of a real server: in the order chosen, bit for bit, and none that it does not have.
import test from 'ava'
import { Capture, Engine, NoxrunError } from '../../index'
import { useServer } from '../support/servers'
import { Collector, noise } from '../support/signal'

const server = useServer(test, 256)

for (const via of ['jack', 'alsa'] as const) {
  test.serial(`chosen channels are captured bit for bit, through ${via}`, async (t) => {
    const signal = [noise(4 * 48_000, 11), noise(4 * 48_000, 12)]
    const engine = await Engine.open({ device: via, bufferSize: 256 })
    const capture = await Capture.open({ device: via, channelMap: [1, 0, 1], bufferSize: 256 })
    try {
      t.is(capture.channels, 3)
      const collector = new Collector(capture)
      await server.loopback(via)
      engine.createTrack().play(await engine.load({ channelData: signal, sampleRate: 48_000 }))
      await collector.sound(20_000)
      await capture.close()
      await collector.done
      const heard = [0, 1, 2].map((index) => collector.channel(index))
      t.deepEqual(heard[0], heard[2])
      const begin = heard[0]?.findIndex((sample) => sample !== 0) ?? -1
      t.true(begin >= 0 && collector.frames - begin > 4800, 'a tenth of a second of it was heard')
      const frames = collector.frames - begin
      for (const [channel, source] of [[0, 1], [1, 0], [2, 1]] as const) {
        t.deepEqual(heard[channel]?.subarray(begin, begin + frames), signal[source]?.subarray(0, frames))
      }
    } finally {
      await engine.close()
      await capture.close()
    }
  })

  test.serial(`a channel that the server does not have is refused, through ${via}`, async (t) => {
    const error = await t.throwsAsync(Capture.open({ device: via, channelMap: [0, 2] }), { instanceOf: NoxrunError, code: 'ERR_OUT_OF_RANGE' })
    t.regex(error.message, new RegExp(`^channelMap\\[1\\] must be from 0 to 1, ${via}:default has 2 input channels, got 2$`))
    t.deepEqual((await server.ports()).filter((name) => name.includes(`${process.pid}`)), [], 'nothing was opened')
  })
}
