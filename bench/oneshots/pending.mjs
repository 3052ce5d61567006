// An idle block with nothing pending and with a million events, on two engines of one process. Started by
// ../oneshots.mjs; prints one line of JSON.
import { BLOCK, RATE, openStepped, timeInTurns } from '../lib/blocks.mjs'
import { median } from '../lib/figures.mjs'

const PENDING = 1_000_000
const ROUNDS = 60
const BLOCKS = 1000
/** Seconds until the first of them: none comes due while we measure. */
const AWAY = 3600

/** An engine whose transport runs, with tracks that are silent. */
async function prepare() {
  const stand = await openStepped({ maxEvents: PENDING })
  const { engine, device } = stand
  const sample = await engine.load({ channelData: [new Float32Array(480).fill(0.1)], sampleRate: RATE })
  const tracks = Array.from({ length: 8 }, () => engine.createTrack())
  engine.transport.start()
  await device.step(BLOCK)
  return { ...stand, sample, tracks }
}

/** Half of them by frame, half by beat; half of each play a sound, half write a parameter. */
function fill({ engine, sample, tracks }) {
  const beatsAway = (AWAY * engine.transport.tempo) / 60
  const start = performance.now()
  for (let i = 0; i < PENDING; i++) {
    const track = tracks[i & 7]
    const at = (i & 1) === 0 ? { frame: AWAY * RATE + i } : { beat: beatsAway + i / 1000 }
    if ((i & 2) === 0) track.play(sample, { at })
    else track.volume.set((i & 1023) / 1024, { at })
  }
  return performance.now() - start
}

/** Whether the engine is at its limit: all of them are still pending. */
function isFull({ tracks }) {
  try {
    tracks[0].volume.set(1, { at: { frame: 2 * AWAY * RATE } })
    return false
  } catch (error) {
    if (error.code === 'ERR_QUEUE_FULL') return true
    throw error
  }
}

const [idle, full] = [await prepare(), await prepare()]
const schedulingMs = fill(full)
const [withNone, withAll] = await timeInTurns([idle, full], { rounds: ROUNDS, blocks: BLOCKS })
const isPending = isFull(full)
await idle.close()
await full.close()

/** The ratio is the median of the rounds' ratios: what disturbs the machine lasts longer than a round. */
const compare = (way, q) => {
  const [none, all] = [withNone[way][q], withAll[way][q]]
  return { idle: median(none), full: median(all), ratio: median(all.map((value, round) => value / none[round])) }
}
const of = (way) => ({ p50: compare(way, 'p50'), p99: compare(way, 'p99') })
const blocks = ROUNDS * BLOCKS
console.log(JSON.stringify({ pending: PENDING, isPending, schedulingMs, blocks, callbacks: of('callbacks'), steps: of('steps') }))
