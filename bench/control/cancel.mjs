// 200 cancels in one callback, beside points and plays that wait elsewhere.
import { BLOCK, RATE, openStepped, timeBlock, timeIdle } from '../lib/blocks.mjs'

const PENDING = [0, 1000, 50_000]
const CANCELS = 200
const ROUNDS = 3
/** Of one engine, until what waits in it comes due. */
const TURNS = 5
/**
 * Frames until what waits comes due, and over how many of them it is spread: so near (below 250 ms) that all of it
 * has been handed to the audio thread, so far that all turns come before.
 */
const [AWAY, SPREAD] = [10_000, 1500]

export const title = 'Param.cancel(): 200 in one callback, beside what the audio thread holds for other parameters'
export const isPinned = true
export const rows = [
  ...PENDING.map((pending) => ({ figure: `beside${pending}`, label: `beside ${pending.toLocaleString('en')} pending`, unit: 'µs' })),
  { figure: 'ratio1000', label: '… 1,000 to 0', unit: '×', target: 2 },
  { figure: 'ratio50000', label: '… 50,000 to 0', unit: '×', target: 2 },
]

async function prepare(pending) {
  // The queue takes all of it in one callback.
  const stand = await openStepped({ maxTracks: 256, controlCapacity: 65_536 })
  const { engine, device } = stand
  const tracks = Array.from({ length: 150 }, () => engine.createTrack())
  const cancelled = tracks.splice(0, CANCELS / 2).flatMap((track) => [track.volume, track.pan])
  const sample = await engine.load({ channelData: [new Float32Array(480).fill(0.1)], sampleRate: RATE })
  await device.step(BLOCK)
  const due = engine.currentFrame + AWAY
  // Half of what waits are plays, half points of other parameters.
  for (let i = 0; i < pending / 2; i++) tracks[i % tracks.length].play(sample, { at: { frame: due + (i % SPREAD) } })
  const each = pending / 2 / tracks.length
  for (const { volume } of tracks) {
    const points = Array.from({ length: each }, (_, i) => ({ at: { frame: due + 2 * i }, value: (i & 15) / 16 }))
    if (each > 0) volume.automate(points)
  }
  await device.step(2 * BLOCK)
  return { ...stand, cancelled, due }
}

/** Microseconds that the cancels add to the callback that takes them in. Each drops one point. */
async function cancelAll(stand) {
  const { engine, cancelled, due } = stand
  for (const param of cancelled) param.set(0.25, { at: { frame: due + SPREAD } })
  await stand.device.step(BLOCK)
  const idle = await timeIdle(stand, 3)
  engine.batch(() => {
    for (const param of cancelled) param.cancel()
  })
  return ((await timeBlock(stand)) - idle) / 1000
}

async function measureOne(pending) {
  const stand = await prepare(pending)
  // The first turn warms up.
  await cancelAll(stand)
  const costs = []
  for (let turn = 0; turn < TURNS; turn++) costs.push(await cancelAll(stand))
  if (stand.engine.currentFrame >= stand.due) throw new Error('what should wait came due')
  await stand.close()
  return costs
}

export async function measure() {
  const costs = PENDING.map(() => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, pending] of PENDING.entries()) costs[i].push(...(await measureOne(pending)))
  }
  const figures = Object.fromEntries(PENDING.map((pending, i) => [`beside${pending}`, costs[i]]))
  const ratio = (i) => costs[i].map((cost, turn) => cost / costs[0][turn])
  return { ...figures, ratio1000: ratio(1), ratio50000: ratio(2) }
}
