// Ramps to beats that begin in one block.
import { BLOCK, RATE, openStepped, timeBlock, timeIdle } from '../lib/blocks.mjs'

const SIZES = [200, 900]
const ROUNDS = 12
const TEMPO = 120
const FRAMES_A_BEAT = (RATE * 60) / TEMPO

export const title = 'Ramps to beats that begin in one block'
export const isPinned = true
export const rows = [
  { figure: 'due200', label: '200 begin at a beat', unit: 'µs' },
  { figure: 'due900', label: '900 begin at a beat', unit: 'µs', target: 1000 },
  { figure: 'dueGrowth', label: '… a ramp, of 900 to of 200', unit: '×', target: 1.5 },
  { figure: 'now200', label: '200 are taken in and begin', unit: 'µs' },
  { figure: 'now900', label: '900 are taken in and begin', unit: 'µs', target: 1000 },
  { figure: 'nowGrowth', label: '… a ramp, of 900 to of 200', unit: '×', target: 1.5 },
  { figure: 'running900', label: 'a later block of 900 that run', unit: 'µs' },
]

async function prepare(size) {
  // The queue takes all of them in one callback.
  const stand = await openStepped({ maxTracks: 512, controlCapacity: 4096 })
  const { engine, device } = stand
  const tracks = Array.from({ length: size / 2 }, () => engine.createTrack())
  engine.transport.tempo = TEMPO
  // Before the first block: beat b is frame b × FRAMES_A_BEAT.
  engine.transport.start()
  for (let i = 0; i < 10; i++) await device.step(BLOCK)
  return { ...stand, size, params: tracks.flatMap((track) => [track.volume, track.pan]) }
}

const beatIn = ({ engine }, blocks) => (engine.currentFrame + blocks * BLOCK) / FRAMES_A_BEAT

/** Ramps that begin at a beat, whose points wait already. */
async function beginAtBeat(stand, turn) {
  const { engine, params } = stand
  const begin = engine.currentFrame + 20.5 * BLOCK
  const [from, to] = [begin / FRAMES_A_BEAT, beatIn(stand, 36)]
  engine.batch(() => {
    for (const param of params) {
      param.automate([{ at: { beat: from }, value: 0.5, curve: 'step' }, { at: { beat: to }, value: turn & 1 ? 0.2 : 0.8 }])
    }
  })
  await stand.device.step(10 * BLOCK)
  const idle = await timeIdle(stand)
  while (engine.currentFrame + BLOCK <= begin) await stand.device.step(BLOCK)
  const begun = await timeBlock(stand)
  const running = await timeIdle(stand)
  while (engine.currentFrame < (to * FRAMES_A_BEAT) + BLOCK) await stand.device.step(BLOCK)
  return { begun: (begun - idle) / 1000, running: (running - idle) / 1000 }
}

/** Ramps that begin at once, in the block that takes them in. */
async function beginAtOnce(stand, turn) {
  const { engine, params } = stand
  await stand.device.step(2 * BLOCK)
  const idle = await timeIdle(stand)
  const to = beatIn(stand, 10)
  engine.batch(() => {
    for (const param of params) param.automate([{ at: { beat: to }, value: turn & 1 ? 0.3 : 0.7 }])
  })
  const begun = await timeBlock(stand)
  while (engine.currentFrame < (to * FRAMES_A_BEAT) + BLOCK) await stand.device.step(BLOCK)
  return (begun - idle) / 1000
}

export async function measure() {
  const stands = []
  for (const size of SIZES) stands.push(await prepare(size))
  const figures = { due200: [], due900: [], dueGrowth: [], now200: [], now900: [], nowGrowth: [], running200: [], running900: [] }
  for (let round = -1; round < ROUNDS; round++) {
    for (const stand of stands) {
      const { begun, running } = await beginAtBeat(stand, round)
      const now = await beginAtOnce(stand, round)
      // The first round warms up.
      if (round < 0) continue
      figures[`due${stand.size}`].push(begun)
      figures[`running${stand.size}`].push(running)
      figures[`now${stand.size}`].push(now)
    }
  }
  for (const stand of stands) await stand.close()
  const share = SIZES[0] / SIZES[1]
  const growth = (way) => figures[`${way}900`].map((cost, round) => (cost / figures[`${way}200`][round]) * share)
  return { ...figures, dueGrowth: growth('due'), nowGrowth: growth('now') }
}
