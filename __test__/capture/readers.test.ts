// Readers come and go, and never disturb each other or the capture.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import v8 from 'node:v8'
import vm from 'node:vm'
import test from 'ava'
import { Stand, assertBalanced, assertWhole, interleaved, outline, rest, take, until } from './stand'

const STEREO = { channels: 2, chunk: 100 } as const

/** Collects garbage, and lets finalizers run. */
async function collectGarbage(): Promise<void> {
  v8.setFlagsFromString('--expose-gc')
  const gc = vm.runInNewContext('gc') as () => void
  for (let n = 0; n < 5; n++) {
    gc()
    await nextTurn()
  }
}

test('a first reader gets what the ring holds; a later one starts at now', async (t) => {
  const stand = await Stand.open(t, STEREO)
  await stand.record(250)
  const first = stand.capture.chunks()
  await stand.record(250)
  const later = stand.capture.chunks()
  await stand.record(250)
  await stand.capture.close()
  t.deepEqual(outline(await rest(first)).slice(0, 3), [[0, 100, 0], [100, 100, 0], [200, 100, 0]])
  const heard = await rest(later)
  t.deepEqual(outline(heard), [[500, 100, 0], [600, 100, 0], [700, 50, 0]])
  assertWhole(t, heard, 2, 500)
  t.deepEqual(later.stats(), { received: 500, delivered: 500, dropped: 0, buffered: 0 })
})

test('a loss before its time is not told to a later reader', async (t) => {
  const stand = await Stand.open(t, { ...STEREO, capacity: 400 })
  const first = stand.capture.chunks()
  await stand.record(500)
  const later = stand.capture.chunks()
  await stand.record(100)
  t.deepEqual(outline(await take(later, 1)), [[500, 100, 0]])
  t.is(first.stats().dropped, 800)
  t.is(later.stats().dropped, 0)
})

test('a reader that comes after all have left is a first one', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const gone = stand.capture.chunks()
  await stand.record(150)
  await gone.return?.()
  await stand.record(150)
  const next = stand.capture.chunks()
  await stand.record(100)
  await stand.capture.close()
  assertWhole(t, await rest(next), 2, 150)
})

test('a reader that is not read costs another one nothing', async (t) => {
  const stand = await Stand.open(t, { ...STEREO, capacity: 1000 })
  const [read, unread] = [stand.capture.chunks(), stand.capture.chunks()]
  const reading = rest(read)
  for (let n = 0; n < 40; n++) {
    await stand.record(250)
    await until(t, 'the attentive reader has caught up', () => read.stats().buffered < 200)
  }
  await stand.capture.close()
  const heard = await reading
  assertWhole(t, heard, 2)
  t.is(heard.length, 101)
  t.true(heard.every((chunk) => chunk.droppedBefore === 0))
  t.is(unread.stats().dropped, 20_000 - 1000)
  assertWhole(t, await rest(unread), 2)
})

test('leaving a loop detaches its reader and closes nothing', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const other = stand.capture.chunks()
  const loop = (async () => {
    for await (const chunk of stand.capture) {
      t.is(chunk.frames, 100)
      t.is(stand.capture.stats().readers.length, 2)
      break
    }
  })()
  await stand.record(300)
  await loop
  t.is(stand.capture.stats().readers.length, 1)
  await stand.record(300)
  t.deepEqual(outline(await take(other, 6)).at(-1), [500, 100, 0])
})

test('return() detaches, ends what waits, and keeps the account', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const chunks = stand.capture.chunks()
  await stand.record(250)
  await take(chunks, 2)
  const waiting = chunks.next()
  t.deepEqual(await chunks.return?.('bye'), { done: true, value: 'bye' })
  t.deepEqual(await waiting, { done: true, value: undefined })
  t.deepEqual(await chunks.next(), { done: true, value: undefined })
  t.deepEqual(chunks.stats(), { received: 500, delivered: 400, dropped: 0, buffered: 100 })
  t.deepEqual(stand.capture.stats().readers, [])
  await stand.record(100)
  t.is(chunks.stats().received, 500)
})

test('close() does not wait for readers, which then get everything', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const [one, two] = [stand.capture.chunks(), stand.capture.chunks()]
  await stand.record(48_000)
  const stats = await stand.capture.close()
  t.like(stats, { captured: 96_000, delivered: 96_000, dropped: 0, buffered: 0 })
  await sleep(20)
  for (const reader of [one, two]) {
    t.is(reader.stats().buffered, 96_000)
    const heard = await rest(reader)
    t.is(heard.length, 481)
    assertWhole(t, heard, 2)
  }
})

test('calls of next() that overlap are answered in their order', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const chunks = stand.capture.chunks()
  const order: number[] = []
  const results = Array.from({ length: 6 }, async (_, n) => {
    const result = await chunks.next()
    order.push(n)
    return result
  })
  await stand.record(350)
  await stand.capture.close()
  const answers = await Promise.all(results)
  t.deepEqual(order, [0, 1, 2, 3, 4, 5])
  t.deepEqual(answers.slice(0, 4).map(({ value }) => (value as { frame: number }).frame), [0, 100, 200, 300])
  t.deepEqual(answers.slice(4), [{ done: true, value: undefined }, { done: true, value: undefined }])
})

test('an abort rejects what waits, once, and detaches the reader at once', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const controller = new AbortController()
  const chunks = stand.capture.chunks({ signal: controller.signal })
  const waiting = chunks.next()
  controller.abort(new Error('enough'))
  t.deepEqual(stand.capture.stats().readers, [], 'although nobody has asked for more')
  const error = await t.throwsAsync(waiting, { name: 'AbortError' })
  t.is((error.cause as Error).message, 'enough')
  t.deepEqual(await chunks.next(), { done: true, value: undefined })
  await stand.record(100)
  t.is(stand.capture.stats().captured, 200, 'the capture goes on')
})

test('an abort between two calls rejects the next one', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const controller = new AbortController()
  const seen: number[] = []
  await stand.record(300)
  await t.throwsAsync(
    async () => {
      for await (const chunk of stand.capture.chunks({ signal: controller.signal })) {
        seen.push(chunk.frame)
        if (seen.length === 2) controller.abort()
      }
    },
    { name: 'AbortError' },
  )
  t.deepEqual(seen, [0, 100])
  t.deepEqual(stand.capture.stats().readers, [])
})

test('a signal that is aborted already rejects the first call', async (t) => {
  const stand = await Stand.open(t, STEREO)
  await stand.record(300)
  const chunks = stand.capture.chunks({ signal: AbortSignal.abort() })
  await t.throwsAsync(chunks.next(), { name: 'AbortError' })
  t.deepEqual(await chunks.next(), { done: true, value: undefined })
  t.deepEqual(stand.capture.stats().readers, [])
  // It took nothing from the reader that comes first after it.
  t.deepEqual(outline(await take(stand.capture.chunks(), 1)), [[0, 100, 0]])
})

test('a loop that waits survives a garbage collection', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const heard: Float32Array[] = []
  let ended = false
  void (async () => {
    for await (const chunk of stand.capture) heard.push(chunk.samples)
    ended = true
  })()
  await nextTurn()
  await collectGarbage()
  await stand.record(100)
  await until(t, 'the loop got its chunk', () => heard.length === 1)
  t.deepEqual(heard[0], interleaved(0, 100, 2))
  await collectGarbage()
  await stand.capture.close()
  await until(t, 'the loop has ended', () => ended)
})

test('an iterator that was forgotten leaves the capture', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const forget = (): void => void stand.capture.chunks()
  forget()
  t.is(stand.capture.stats().readers.length, 1)
  await nextTurn()
  await collectGarbage()
  await until(t, 'it was collected', () => stand.capture.stats().readers.length === 0)
})

test('a capture is disposed of by closing it', async (t) => {
  const stand = await Stand.open(t, STEREO)
  const chunks = stand.capture.chunks()
  await stand.record(150)
  const closed = new Promise((resolve) => stand.capture.once('close', () => { resolve('closed') }))
  await stand.capture[Symbol.asyncDispose]()
  t.is(await closed, 'closed')
  assertWhole(t, await rest(chunks), 2)
  assertBalanced(t, stand.capture)
})
