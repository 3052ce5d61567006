// A capture by the clock: whoever reads it loses nothing, and is woken in time.
import test from 'ava'
import { Capture } from '../../index'
import { assertBalanced, rest, take } from './stand'
import { createVirtualDevice } from '../../src/testing'

for (const wake of ['condvar', 'unpark'] as const) {
  const by = wake === 'condvar' ? '' : ' (unpark)'

  test(`a capture with an attentive reader loses nothing${by}`, async (t) => {
    const device = createVirtualDevice({ clock: 'realtime' })
    t.teardown(() => { device.close() })
    // A second in the ring: less than it takes this test to notice a thread that stands still.
    const capture = await Capture.open({ device: device.id, channels: 2, capacity: 96_000, wake })
    const chunks = capture.chunks()
    const reading = rest(chunks)
    await new Promise((resolve) => setTimeout(resolve, 2600))
    const stats = await capture.close()
    const heard = await reading
    assertBalanced(t, capture)
    t.is(stats.dropped, 0)
    t.true(stats.captured > 96_000)
    t.is(chunks.stats().dropped, 0)
    t.is(heard.reduce((sum, chunk) => sum + chunk.samples.length, 0), stats.captured)
    t.true(heard.every((chunk) => chunk.droppedBefore === 0))
    t.deepEqual([stats.audioThread.allocations, stats.audioThread.frees], [0, 0])
  })

  test(`a chunk arrives without waiting for the time-out${by}`, async (t) => {
    const device = createVirtualDevice({ clock: 'realtime' })
    t.teardown(() => { device.close() })
    const capture = await Capture.open({ device: device.id, chunk: 480, wake })
    t.teardown(() => capture.close())
    const chunks = capture.chunks()
    await take(chunks, 5)
    // A consumer that wakes by its time-out of 100 ms alone finds ten chunks at a time.
    let alone = 0
    for (let n = 0; n < 100; n++) {
      await take(chunks, 1)
      if (chunks.stats().buffered < 480) alone++
    }
    t.true(alone > 25, `${alone} of 100 chunks came alone`)
  })
}
