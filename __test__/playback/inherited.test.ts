// Options count wherever an object has them from: itself, its prototype, or the getters of its class.
import test from 'ava'
import { Capture, Engine, type PlayOptions, render } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { RATE, channel, flat, isHeard, stage, throwsCode } from './stage'

/** The same options, none of them the object's own. */
const inherited = <T extends object>(options: T): T => Object.create(options) as T

/** Half as loud, from frame 10 on. */
class Settings implements PlayOptions {
  get at(): { frame: number } {
    return { frame: 10 }
  }

  get gain(): number {
    return 0.5
  }
}

test('what is to be played takes options from a prototype and from getters', async (t) => {
  for (const options of [new Settings(), inherited({ at: { frame: 10 }, gain: 0.5 })]) {
    const { engine, play, sample } = await stage(t)
    engine.createTrack().play(await sample(flat(0.5, 100), flat(0.5, 100)), options)
    isHeard(t, channel(await play(200), 0), (frame) => (frame >= 10 && frame < 110 ? 0.25 : 0))
  }
})

test('so does everything else that takes options', async (t) => {
  const device = createVirtualDevice(inherited({ channels: 4 }))
  const engine = await Engine.open(inherited({ device: device.id, channels: 3 }))
  const capture = await Capture.open(inherited({ device: device.id, channels: 2, chunk: 100 }))
  t.teardown(async () => {
    await Promise.all([engine.close(), capture.close()])
    device.close()
  })
  t.is(engine.channels, 3)
  t.is(capture.channels, 2)
  const chunks = capture.chunks()
  const track = engine.createTrack(inherited({ name: 'lead', volume: 0.25 }))
  t.is(track.name, 'lead')
  t.is(track.volume.value, 0.25)
  const filter = track.fx.add('filter', inherited({ q: 2 }), inherited({ bypass: true }))
  t.true(filter.bypass)
  t.is(filter.params.q.value, 2)
  track.volume.set(1, inherited({ at: { frame: 100 }, ramp: 0 }))
  engine.transport.loop = inherited({ start: 1, end: 3 })
  t.deepEqual(engine.transport.loop, { start: 1, end: 3 })
  await device.step(100)
  t.is(track.volume.current, 0.25)
  await device.step(100)
  t.is(track.volume.current, 1)
  t.like((await chunks.next()).value, { frames: 100 })
  const rendered = await render(inherited({ duration: 0.01, channels: 1 }), () => undefined)
  t.deepEqual(rendered.channelData.map(({ length }) => length), [RATE / 100])
  // Only its own names can be wrong ones.
  throwsCode(t, () => engine.createTrack(Object.assign(inherited({ volume: 1 }), { size: 1 })), 'ERR_INVALID_ARG', ['size'])
  t.is(engine.createTrack(inherited({ volume: 0.5, size: 1 })).volume.value, 0.5)
})
