// Real servers that are killed, restarted as others, and stopped: an engine plays a tone, a capture
// records it, both lose their device and get it back without anybody's help.
import process from 'node:process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type * as Servers from '../../scripts/servers.mjs' with { 'resolution-mode': 'import' }
import { Capture, type CaptureStats, type Chunk, Engine } from '../../index'
import { frequency, left, tone } from '../capture/tone'
import { Collector } from '../support/signal'
import { loopbackPorts } from '../support/servers'

// The script as it stands in the checkout, which is where ava runs.
const script = import(pathToFileURL(path.resolve('scripts', 'servers.mjs')).href) as Promise<typeof Servers>

type Server = Awaited<ReturnType<typeof Servers.startServer>>

/**
 * A server of a fixed name, of which one runs at a time. A killed one's place is taken over by the
 * next, so they are all stopped at the end, the last one first.
 */
class Place {
  readonly #started: Server[] = []

  async start(period: number, rate: number): Promise<Server> {
    const server = await (await script).startServer({ period, rate, sync: true, label: 'trouble' })
    this.#started.push(server)
    return server
  }

  async leave(): Promise<void> {
    for (const server of this.#started.reverse()) await server.stop()
  }
}

interface Run {
  states: { capture: string[]; engine: string[] }
  stats: CaptureStats
  chunks: Chunk[]
  engine: { frames: number; seconds: number; ahead: number; losses: number; audioThread: unknown }
}

/** Waits until something is so; fails the test after a minute. */
async function until(t: ExecutionContext, what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`it never came about that ${what}`)
    await sleep(5)
  }
  t.pass()
}

async function through(
  t: ExecutionContext,
  via: 'jack' | 'alsa',
  trouble: (server: Server, place: Place, lost: () => Promise<void>) => Promise<Server>,
): Promise<Run> {
  const place = new Place()
  const first = await place.start(256, 48_000)
  // libjack and libasound read the environment when a client opens.
  Object.assign(process.env, first.env)
  const states = { capture: [] as string[], engine: [] as string[] }
  try {
    const engine = await Engine.open({ device: via, sampleRate: 48_000 })
    const capture = await Capture.open({ device: via, sampleRate: 48_000 })
    engine.on('warning', () => undefined)
    capture.on('warning', () => undefined)
    try {
      engine.on('device', ({ state }) => states.engine.push(state))
      capture.on('device', ({ state }) => states.capture.push(state))
      const collector = new Collector(capture)
      const sample = await engine.load(tone(48_000, 48_000))
      engine.createTrack().play(sample, { loop: true })
      await loopbackPorts(first.env, via)
      await sleep(800)
      const [frame, since] = [engine.currentFrame, performance.now()]
      const server = await trouble(first, place, () => until(t, 'both were lost', () =>
        states.capture.includes('lost') && states.engine.includes('lost')))
      await until(t, 'both came back', () => states.capture.length > 1 && states.engine.length > 1)
      // A JACK server that was only stopped has kept our connections.
      if (server !== first || via === 'alsa') await loopbackPorts(server.env, via)
      const queue = Math.max(0, engine.outputLatency - 0.1) + Math.max(0, capture.latency - 0.1)
      await sleep(1500 + 1000 * queue)
      const [frames, seconds] = [engine.currentFrame - frame, (performance.now() - since) / 1000]
      const ahead = engine.outputLatency
      const { deviceLosses: losses, audioThread } = engine.stats()
      const stats = await capture.close()
      await collector.done
      return {
        states,
        stats,
        chunks: collector.chunks,
        engine: { frames, seconds, ahead, losses, audioThread },
      }
    } finally {
      await engine.close()
      await capture.close()
    }
  } finally {
    await place.leave()
  }
}

/** What holds after every trouble. */
function assertWhole(t: ExecutionContext, run: Run): void {
  const { stats, chunks, engine } = run
  t.is(stats.captured, stats.delivered + stats.dropped + stats.buffered)
  t.deepEqual([stats.dropped, stats.buffered], [0, 0])
  t.deepEqual([stats.audioThread.allocations, stats.audioThread.frees], [0, 0])
  t.is(engine.losses, 1)
  t.is(chunks.reduce((sum, chunk) => sum + chunk.frames, 0), stats.captured, 'every sample was delivered')
  // The axis is what was captured and what the device lost, to the frame.
  const [begin, end] = [chunks[0], chunks.at(-1)]
  if (!begin || !end) throw new Error('nothing was captured')
  t.is(end.frame + end.frames, stats.captured + stats.lostByDevice)
  chunks.reduce((before, chunk) => {
    t.true(chunk.frame >= before.frame + before.frames, 'chunks do not overlap')
    return chunk
  })
  // It follows the clock. What comes less than 50 ms late, or eight periods, is not taken for lost.
  const drift = (end.frame - begin.frame) / 48_000 - (end.time - begin.time)
  t.true(Math.abs(drift) < 0.15, `${drift} s between the axis and the clock`)
  // Engine time went on by the clock. Half a second: it is read while a machine does other things.
  // ALSA's rate converter queues more than a second of output, which is rendered when it is opened.
  const extra = engine.frames / 48_000 - engine.seconds
  t.true(extra > -0.5 && extra < 0.5 + engine.ahead, `${engine.frames} frames in ${engine.seconds} s`)
  // The last second is the tone again, at its pitch.
  const heard = left(chunks.filter((chunk) => chunk.frame > end.frame - 36_000))
  // One channel of a mono sound on both sides of a stereo bus, at √½.
  // By its power: where a server tore a period, a resampler rings above the peak for a moment.
  const amplitude = Math.sqrt((2 * heard.reduce((sum, sample) => sum + sample * sample, 0)) / heard.length)
  t.true(Math.abs(amplitude - 0.5 * Math.SQRT1_2) < 0.02, `an amplitude of ${amplitude}`)
  const pitch = frequency(heard, 48_000)
  t.true(Math.abs(pitch - 1000) < 2, `${pitch} Hz`)
}

/** The longest hole between two chunks, seconds. */
function hole(chunks: readonly Chunk[]): number {
  return Math.max(...chunks.slice(1).map((chunk, n) => chunk.frame - (chunks[n]?.frame ?? 0) - (chunks[n]?.frames ?? 0))) / 48_000
}

for (const via of ['jack', 'alsa'] as const) {
  test.serial(`a server that is killed and started again, through ${via}`, async (t) => {
    const run = await through(t, via, async (server, place, lost) => {
      process.kill(server.pid, 'SIGKILL')
      await lost()
      await sleep(300)
      return place.start(256, 48_000)
    })
    t.deepEqual(run.states, { capture: ['lost', 'restored'], engine: ['lost', 'restored'] })
    assertWhole(t, run)
    t.true(hole(run.chunks) > 0.3)
  })

  test.serial(`a server that comes back at another rate and period, through ${via}`, async (t) => {
    const run = await through(t, via, async (server, place, lost) => {
      process.kill(server.pid, 'SIGKILL')
      await lost()
      return place.start(512, 44_100)
    })
    t.deepEqual(run.states, { capture: ['lost', 'changed'], engine: ['lost', 'changed'] })
    assertWhole(t, run)
  })

  test.serial(`a server that is stopped for two seconds, through ${via}`, async (t) => {
    let stopped = 0
    const run = await through(t, via, async (server, _place, lost) => {
      process.kill(server.pid, 'SIGSTOP')
      const since = performance.now()
      await lost()
      await sleep(Math.max(0, 2000 - (performance.now() - since)))
      process.kill(server.pid, 'SIGCONT')
      stopped = (performance.now() - since) / 1000
      return server
    })
    t.deepEqual(run.states, { capture: ['lost', 'restored'], engine: ['lost', 'restored'] })
    assertWhole(t, run)
    t.true(Math.abs(hole(run.chunks) - stopped) < 0.5, `a hole of ${hole(run.chunks)} s in a server that was stopped for ${stopped} s`)
  })
}
