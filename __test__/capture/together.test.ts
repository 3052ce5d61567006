// A file, two live iterators, a stream and a level meter on one capture: each has its own account, and
// whatever one of them does, the others get the same bytes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Chunk, Meter, Recording } from '../../index'
import { Stand, assertBalanced, assertReaderBalanced, assertWhole, interleaved, outline, rest, take, until } from './stand'
import { readWav } from './wav'

const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-together-'))
test.after.always(() => { rmSync(dir, { recursive: true, force: true }) })

const BLOCKS = [1, 256, 333, 1024, 7]
const STEPS = 40
const FRAMES = 900
const ALL = STEPS * FRAMES

interface Others {
  iterator: ReturnType<Stand['capture']['chunks']>
  stream: ReturnType<Stand['capture']['readable']>
  recording: Recording
}

/** What one of the readers does in the middle of it all. */
const DISTURBANCES: Record<string, (others: Others) => unknown> = {
  'nothing happens': () => undefined,
  'an iterator leaves': ({ iterator }) => iterator.return?.(),
  'a stream is destroyed': ({ stream }) => stream.destroy(),
  'a stream stands still': ({ stream }) => stream.pause(),
  'a recording is stopped': ({ recording }) => recording.stop(),
}

async function run(t: ExecutionContext, name: string, disturb: (others: Others) => unknown): Promise<void> {
  // Half a second in each queue: who stands still loses something.
  const stand = await Stand.open(t, { channels: 2, chunk: 300, capacity: 20_000 }, { blockSizes: BLOCKS })
  const { capture } = stand
  const watched = capture.chunks()
  const iterator = capture.chunks()
  const stream = capture.readable()
  const pushes: Buffer[] = []
  stream.on('data', (bytes: Buffer) => pushes.push(bytes))
  stream.on('error', () => undefined)
  const other = capture.readable({ gaps: 'splice' })
  const bytes: Buffer[] = []
  other.on('data', (chunk: Buffer) => bytes.push(chunk))
  const ended = new Promise((resolve) => other.once('end', resolve))
  const file = path.join(dir, `${name}.wav`)
  const kept = await capture.record(file)
  const recording = await capture.record(path.join(dir, `${name} (stopped).wav`))
  t.is(capture.stats().readers.length, 6)

  const heard: Chunk[] = []
  const levels: Meter[] = []
  for (let step = 0; step < STEPS; step++) {
    await stand.record(FRAMES)
    heard.push(...(await take(watched, 3)))
    levels.push(capture.meter())
    assertBalanced(t, capture)
    // Who reads the disk and the streams does so beside us.
    await until(t, 'the other stream has read', () => other.stats().buffered < 2000)
    if (step === STEPS / 2) await disturb({ iterator, stream, recording })
  }
  const stats = await capture.close()
  heard.push(...(await rest(watched)))
  await ended
  const { frames, dropped } = await kept.stop()

  const whole = interleaved(0, ALL, 2)
  assertWhole(t, heard, 2)
  t.is(heard.length, (ALL / 300) + 1)
  t.deepEqual(watched.stats(), { received: 2 * ALL, delivered: 2 * ALL, dropped: 0, buffered: 0 })
  t.deepEqual(Buffer.concat(bytes), Buffer.from(whole.buffer))
  t.deepEqual(other.stats(), { received: 2 * ALL, delivered: 2 * ALL, dropped: 0, buffered: 0 })
  t.deepEqual([frames, dropped], [ALL, 0])
  t.deepEqual(Float32Array.from(readWav(file).values), whole)
  // The last 100 ms of a rising signal: its end is the peak.
  levels.forEach(({ peak }, step) => {
    const last = (step + 1) * FRAMES - 1
    t.deepEqual(peak, [whole[2 * last], whole[2 * last + 1]])
  })
  t.like(stats, { captured: 2 * ALL, delivered: 2 * ALL, dropped: 0, buffered: 0 })
  // The one that was disturbed, or never read, answers for itself.
  for (const reader of [iterator, stream]) {
    const account = reader.stats()
    assertReaderBalanced(t, account, 2)
    if (name === 'nothing happens' && reader === stream) {
      t.deepEqual(Buffer.concat(pushes).compare(Buffer.from(whole.buffer)), 0)
    }
  }
}

for (const [name, disturb] of Object.entries(DISTURBANCES)) {
  test(`${name}: nobody else gets another byte`, (t) => run(t, name, disturb))
}

test('each reader has an account of its own, from the moment it was made', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 250, capacity: 2000 })
  const { capture } = stand
  const first = capture.chunks()
  await stand.record(600)
  const second = capture.chunks()
  await stand.record(700)
  await take(first, 1)
  await stand.record(400)
  // A queue holds 1,000 frames. The first had 300 to spare after its first chunk went, then 250 more.
  t.deepEqual(first.stats(), { received: 3400, delivered: 500, dropped: 900, buffered: 2000 })
  t.deepEqual(second.stats(), { received: 2200, delivered: 0, dropped: 200, buffered: 2000 })
  t.deepEqual(capture.stats().readers, [first.stats(), second.stats()])
  await capture.close()
  // It lost frames 1,000 to 1,299 while it was full, and 1,550 to 1,699.
  t.deepEqual(outline(await rest(first)), [
    [250, 250, 0], [500, 250, 0], [750, 250, 0], [1300, 250, 600], [1700, 0, 300],
  ])
  t.deepEqual(outline(await rest(second)), [[600, 250, 0], [850, 250, 0], [1100, 250, 0], [1350, 250, 0], [1700, 0, 200]])
  for (const reader of [first, second]) t.is(reader.stats().buffered, 0)
})

test('with a hop the final chunk is what the overlap and the rest make, and empty when all was told', async (t) => {
  for (const [frames, last] of [
    [480, [480, 0]], [600, [600, 0]], [601, [240, 361]], [0, [0, 0]], [100, [0, 100]],
  ] as const) {
    const stand = await Stand.open(t, { channels: 2, chunk: 480, hop: 120 })
    const chunks = stand.capture.chunks()
    await stand.record(frames)
    await stand.capture.close()
    const heard = await rest(chunks)
    const final = heard.at(-1)
    t.deepEqual([final?.frame, final?.frames], [...last])
    t.deepEqual(final?.samples, interleaved(last[0], last[1], 2))
    t.deepEqual(heard.map((chunk) => chunk.final ?? false), heard.map((_, n) => n === heard.length - 1))
    t.deepEqual(heard.slice(0, -1).map((chunk) => chunk.frame), heard.slice(0, -1).map((_, n) => 120 * n))
    t.is(chunks.stats().delivered, 2 * frames, 'each sample counts once')
  }
})

test('a loss cuts overlapping chunks, and is told once', async (t) => {
  const stand = await Stand.open(t, { channels: 2, chunk: 400, hop: 100, capacity: 1600 })
  const chunks = stand.capture.chunks()
  await stand.record(1000)
  const heard = await take(chunks, 5)
  await stand.record(500)
  await stand.capture.close()
  heard.push(...(await rest(chunks)))
  // 800 frames were held and 200 lost; behind them it begins anew.
  t.deepEqual(outline(heard), [
    [0, 400, 0], [100, 400, 0], [200, 400, 0], [300, 400, 0], [400, 400, 0],
    [1000, 400, 400], [1100, 400, 0], [1500, 0, 0],
  ])
  for (const chunk of heard) t.deepEqual(chunk.samples, interleaved(chunk.frame, chunk.frames, 2))
  t.deepEqual(chunks.stats(), { received: 3000, delivered: 2600, dropped: 400, buffered: 0 })
})
