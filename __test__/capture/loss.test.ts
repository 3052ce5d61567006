// What finds no room is lost in whole frames, counted to the sample, and its place is told.
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Capture, type CaptureOptions } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { Stand, assertBalanced, assertWhole, outline, rest, take, until } from './stand'

/** A ring of 1,000 frames of two channels. */
const SMALL: CaptureOptions = { channels: 2, chunk: 300, capacity: 2000 }

const drained = (t: ExecutionContext, { capture }: Stand): Promise<void> =>
  until(t, 'the ring was handed out', () => capture.stats().buffered === 0)

test('a stalled reader is told exactly what was lost', async (t) => {
  const stand = await Stand.open(t, SMALL)
  // Nobody reads: the ring keeps the first 1,000 frames and refuses the rest.
  await stand.record(2500)
  t.like(assertBalanced(t, stand.capture), {
    captured: 5000, delivered: 0, dropped: 3000, buffered: 2000, highWater: 2000, lostByDevice: 0,
  })
  const chunks = stand.capture.chunks()
  await drained(t, stand)
  const heard = await take(chunks, 3)
  await stand.record(600)
  await stand.capture.close()
  heard.push(...(await rest(chunks)))
  t.deepEqual(outline(heard), [
    [0, 300, 0], [300, 300, 0], [600, 300, 0],
    // The chunk before the gap is short: no gap lies inside a chunk.
    [900, 100, 0], [2500, 300, 3000], [2800, 300, 0], [3100, 0, 0],
  ])
  assertWhole(t, heard, 2)
  t.deepEqual(chunks.stats(), { received: 6200, delivered: 3200, dropped: 3000, buffered: 0 })
  t.like(assertBalanced(t, stand.capture), { captured: 6200, delivered: 3200, dropped: 3000, buffered: 0 })
})

test('an iterator that is not read fills its own queue, not the ring', async (t) => {
  const stand = await Stand.open(t, SMALL)
  const chunks = stand.capture.chunks()
  await stand.record(2500)
  t.deepEqual(chunks.stats(), { received: 5000, delivered: 0, dropped: 3000, buffered: 2000 })
  t.like(assertBalanced(t, stand.capture), { captured: 5000, delivered: 5000, dropped: 0, buffered: 0 })
  t.deepEqual(outline(await take(chunks, 1)), [[0, 300, 0]])
  // The room of a chunk was made, and takes the next samples at once.
  await stand.record(200)
  t.deepEqual(chunks.stats(), { received: 5400, delivered: 600, dropped: 3000, buffered: 1800 })
  await stand.capture.close()
  const heard = await rest(chunks)
  t.deepEqual(outline(heard), [[300, 300, 0], [600, 300, 0], [900, 100, 0], [2500, 200, 3000]])
  assertWhole(t, heard, 2, 300)
})

test('the final chunk tells a loss at the very end', async (t) => {
  const stand = await Stand.open(t, SMALL)
  const unread = stand.capture.chunks()
  await stand.record(2500)
  await stand.capture.close()
  const heard = await rest(unread)
  t.deepEqual(outline(heard).slice(-2), [[900, 100, 0], [2500, 0, 3000]])
  assertWhole(t, heard, 2)

  const late = await Stand.open(t, SMALL)
  await late.record(2500)
  const chunks = late.capture.chunks()
  await drained(t, late)
  await late.capture.close()
  const told = await rest(chunks)
  t.deepEqual(outline(told).slice(-2), [[900, 100, 0], [2500, 0, 3000]])
  assertWhole(t, told, 2)
})

test('capacity is in samples, rounded down to whole frames, at least one', async (t) => {
  for (const [capacity, channels, holds] of [[2001, 2, 2000], [7, 3, 6], [1, 2, 2], [1, 8, 8]] as const) {
    const stand = await Stand.open(t, { channels, capacity, chunk: 1 }, { channels })
    await stand.record(2500)
    t.like(assertBalanced(t, stand.capture), { buffered: holds, highWater: holds, dropped: 2500 * channels - holds })
  }
})

test('two seconds are held where nothing else is asked', async (t) => {
  const stand = await Stand.open(t, { channels: 2 })
  await stand.record(100_000)
  t.like(assertBalanced(t, stand.capture), { buffered: 192_000, dropped: 8000 })
})

test('in a ring of one frame each sample stays in its channel', async (t) => {
  for (const channels of [2, 3, 8]) {
    const stand = await Stand.open(t, { channels, capacity: 1, chunk: 4 }, { channels, blockSizes: [5, 1, 3] })
    const chunks = stand.capture.chunks()
    await stand.record(900)
    await stand.capture.close()
    const heard = await rest(chunks)
    assertWhole(t, heard, channels)
    // The ring takes one frame of each block; the queue holds a chunk, four of them.
    t.is(heard.reduce((sum, chunk) => sum + chunk.frames, 0), 4)
    t.is(heard.reduce((sum, chunk) => sum + chunk.droppedBefore, 0), 896 * channels)
  }
})

test('the equations hold at every moment, whatever is read', async (t) => {
  let state = 7
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
  for (let round = 0; round < 5; round++) {
    const channels = 1 + random(4)
    const capacity = 1 + random(3000)
    const stand = await Stand.open(t, { channels, chunk: 1 + random(200), capacity }, { channels, blockSizes: [256, 3, 100] })
    const readers = [stand.capture.chunks(), stand.capture.chunks()]
    const heard = readers.map(() => [] as Awaited<ReturnType<typeof take>>)
    for (let n = 0; n < 60; n++) {
      await stand.record(random(900))
      assertBalanced(t, stand.capture)
      for (const [index, reader] of readers.entries()) {
        // The second one reads seldom.
        if (index === 1 && random(6) > 0) continue
        while (reader.stats().buffered > 200 * channels) {
          heard[index]?.push(...(await take(reader, 1)))
          assertBalanced(t, stand.capture)
        }
      }
    }
    const stats = await stand.capture.close()
    for (const [index, reader] of readers.entries()) {
      const all = [...(heard[index] ?? []), ...(await rest(reader))]
      assertWhole(t, all, channels)
      const account = reader.stats()
      t.is(account.received, stats.captured)
      t.is(account.buffered, 0)
      t.is(all.reduce((sum, chunk) => sum + chunk.samples.length, 0), account.delivered)
      t.is(all.reduce((sum, chunk) => sum + chunk.droppedBefore, 0), account.dropped)
    }
  }
})

test('the equations hold while callbacks run', async (t) => {
  const stand = await Stand.open(t, { channels: 2, capacity: 600, chunk: 64 }, { clock: 'realtime', bufferSize: 32 })
  const { capture } = stand
  const [read, unread] = [capture.chunks(), capture.chunks()]
  const reading = rest(read)
  const end = performance.now() + 400
  while (performance.now() < end) {
    for (let n = 0; n < 50; n++) {
      const { captured, delivered, dropped, buffered, readers } = capture.stats()
      if (captured !== delivered + dropped + buffered) t.fail(`${captured} !== ${delivered} + ${dropped} + ${buffered}`)
      for (const { received, ...parts } of readers) {
        if (received !== parts.delivered + parts.dropped + parts.buffered) t.fail(`${received} and ${JSON.stringify(parts)}`)
      }
    }
    await sleep(0)
  }
  await capture.close()
  await reading
  t.true(unread.stats().dropped > 0)
  t.is(read.stats().received, capture.stats().captured)
})

for (const how of ['the ring', 'a reader'] as const) {
  test(`what ${how} refuses is told in events, at most ten a second, and warned of, nothing left out`, async (t) => {
    const stand = await Stand.open(t, SMALL)
    const begin = performance.now()
    const events: { samples: number; frame: number }[] = []
    stand.capture.on('dropped', (event) => events.push(event))
    const warned: number[] = []
    stand.capture.on('warning', (warning) => {
      if (warning.code === 'DROPPED_SAMPLES') warned.push(warning.count)
    })
    const unread = how === 'a reader' ? stand.capture.chunks() : undefined
    for (let records = 0; records < 150 || performance.now() < begin + 2200; records++) {
      await stand.record(500)
      await sleep(5)
    }
    const stats = await stand.capture.close()
    const seconds = (performance.now() - begin) / 1000
    const lost = unread?.stats().dropped ?? stats.dropped
    t.is(unread ? stats.dropped : 0, 0)
    t.true(lost > 100_000)
    t.is(events.reduce((sum, { samples }) => sum + samples, 0), lost)
    t.is(events[0]?.frame, 1000, 'the first frame that was lost')
    for (const { samples } of events) t.is(samples % 2, 0)
    events.reduce((a, b) => {
      t.is(b.frame, a.frame + a.samples / 2, 'each loss begins where the one before ended')
      return b
    })
    // Counted over all: the rate is kept where they are sent, and a busy machine hands on several at once.
    // What the end finds untold comes besides.
    t.true(events.length <= 10 * seconds + 2, `${events.length} events in ${seconds} s`)
    t.true(warned.length >= 2 && warned.length <= seconds + 3, `${warned.length} warnings in ${seconds} s`)
    t.is(warned.reduce((sum, count) => sum + count, 0), lost)
    const kept = stand.capture.warnings.filter((warning) => warning.code === 'DROPPED_SAMPLES')
    t.deepEqual(kept.map((warning) => warning.count), warned)
  })
}

test.serial('a loss that nobody listens for is a warning of the process', async (t) => {
  const told = new Promise<Error & { code?: string }>((resolve) => process.once('warning', resolve))
  const device = createVirtualDevice()
  t.teardown(() => { device.close() })
  const capture = await Capture.open({ device: device.id, ...SMALL })
  t.teardown(() => capture.close())
  await device.step(2500)
  const warning = await told
  t.is(warning.code, 'DROPPED_SAMPLES')
  t.regex(warning.message, /\d+ captured samples were lost/)
})
