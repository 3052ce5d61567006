// Twenty thousand callbacks with a busy control queue, through both backends at once: nothing is
// allocated or freed in any of them, and what was played comes back.
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Capture, Engine, type Track, type Voice } from '../../index'
import { isEveryBlock } from '../support/blocks'
import { useServer } from '../support/servers'
import { noise } from '../support/signal'

const CALLBACKS = 20_000
const PERIOD = 64

const server = useServer(test, PERIOD)

/**
 * A second whose left channel is its right one times −2; so is every sum and every fade of it, to the
 * bit.
 */
function paired(seed: number): { channelData: Float32Array[]; sampleRate: number } {
  const left = noise(48_000, seed)
  return { channelData: [left, left.map((sample) => sample / -2)], sampleRate: 48_000 }
}

/** Sets, batches, plays and stops until everything has run often enough. */
async function traffic(engine: Engine, isOver: () => boolean): Promise<{ sets: number; plays: number }> {
  const samples = await Promise.all([7, 8, 9].map((seed) => engine.load(paired(seed))))
  const tracks = Array.from({ length: 8 }, () => engine.createTrack())
  const voices: Voice[] = []
  let [sets, plays] = [0, 0]
  const set = (track: Track): void => {
    track.volume.set((sets % 100) / 400, { ramp: (sets % 7) / 1000 })
    sets++
  }
  for (let turn = 0; !isOver(); turn++) {
    const track = tracks[turn % tracks.length]
    const sample = samples[turn % samples.length]
    if (!track || !sample) break
    for (let n = 0; n < 20; n++) set(track)
    engine.batch(() => {
      for (let n = 0; n < 64; n++) set(tracks[n % tracks.length] ?? track)
    })
    voices.push(track.play(sample, { gain: 0.2, ...(turn % 5 > 0 && { at: engine.currentTime + (turn % 5) / 50 }) }))
    plays++
    if (voices.length > 20) voices.shift()?.stop()
    if (turn % 50 === 49) track.stop({ fade: 0.02 })
    track.muted = turn % 11 === 0
    await sleep(10)
  }
  for (const track of tracks) track.stop()
  return { sets, plays }
}

interface Heard {
  frames: number
  /** Index of the frame after the last one, and frames that indices passed over. */
  next: number
  skipped: number
  loud: number
  gaps: number
  /** Periods with a frame whose channels do not belong together. */
  torn: Set<number>
}

async function listen(capture: Capture): Promise<Heard> {
  const seen: Heard = { frames: 0, next: 0, skipped: 0, loud: 0, gaps: 0, torn: new Set() }
  for await (const { samples, frames, frame, droppedBefore } of capture) {
    if (droppedBefore > 0) seen.gaps++
    seen.skipped += frame - seen.next
    seen.next = frame + frames
    seen.frames += frames
    for (let n = 0; n < samples.length; n += 2) {
      const [left = NaN, right = NaN] = [samples[n], samples[n + 1]]
      if (left !== 0) seen.loud++
      if (!(left === -2 * right && Math.abs(left) < 1)) seen.torn.add(Math.floor((frame + n / 2) / PERIOD))
    }
  }
  return seen
}

async function run(t: ExecutionContext, via: 'jack' | 'alsa'): Promise<void> {
  const engine = await Engine.open({ device: via, bufferSize: PERIOD })
  const capture = await Capture.open({ device: via, channels: 2, bufferSize: PERIOD })
  // A start that a busy machine missed is late, and told so: that is no fault here.
  engine.on('warning', () => undefined)
  try {
    t.deepEqual([engine.bufferSize, capture.bufferSize], [PERIOD, PERIOD])
    const listening = listen(capture)
    await server.loopback(via)
    const deadline = performance.now() + 400_000
    const { sets, plays } = await traffic(engine, () => {
      const done = Math.min(engine.stats().callbacks, capture.stats().callbacks) >= CALLBACKS
      return done || performance.now() > deadline
    })
    // What was stopped fades out, and is heard.
    await sleep(200)
    const [played, running] = [engine.stats(), [capture.stats(), capture.stats()] as const]
    const captured = await capture.close()
    const heard = await listening

    t.true(played.callbacks >= CALLBACKS, `${played.callbacks} playback callbacks through ${via}`)
    t.true(captured.callbacks >= CALLBACKS, `${captured.callbacks} capture callbacks through ${via}`)
    t.true(sets > 10_000 && plays > 100, `${sets} sets and ${plays} plays`)
    t.true(played.controlQueue.pushed > 1000)
    for (const { audioThread } of [played, captured]) {
      t.deepEqual([audioThread.allocations, audioThread.frees], [0, 0], via)
    }
    // A server that misses its deadline may pass on one port of a stream and not the other: that
    // tears a period, and it reports an xrun, though one for several. Nothing else may.
    const xruns = played.xruns + captured.xruns
    const torn = `${heard.torn.size} periods torn through ${via}, with ${xruns} xruns`
    t.true(heard.torn.size === 0 || (xruns > 0 && heard.torn.size < CALLBACKS / 100), torn)
    t.true(heard.loud > 48_000, 'and something was heard')
    t.is(heard.gaps, 0)
    // A machine that stands still for a while stops the server, too: told by the clock, to the frame.
    t.is(heard.skipped, captured.lostByDevice)
    t.is(2 * heard.frames, captured.captured)
    t.is(heard.frames % PERIOD, 0)
    isEveryBlock(t, running, 2 * PERIOD)
    t.like(captured, { delivered: captured.captured, dropped: 0, buffered: 0 })
  } finally {
    await engine.close()
    await capture.close()
  }
}

test('20,000 callbacks with control traffic and a capture allocate and free nothing', async (t) => {
  t.timeout(500_000)
  await Promise.all([run(t, 'jack'), run(t, 'alsa')])
})
