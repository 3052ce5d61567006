// The time that single blocks take, by the engine's own clock around the callback.
import { median, quantile } from './figures.mjs'
import { Engine, createVirtualDevice } from './package.mjs'

export const RATE = 48_000
export const BLOCK = 256
/** Nanoseconds from one callback to the next. */
export const DEADLINE = (BLOCK / RATE) * 1e9

/**
 * Opens an engine on a device that is stepped by hand.
 * @param {import('noxrun').EngineOptions} [options]
 */
export async function openStepped(options) {
  const device = createVirtualDevice({ sampleRate: RATE, channels: 2, bufferSize: BLOCK })
  const engine = await Engine.open({ ...options, device: device.id, bufferSize: BLOCK })
  const close = async () => {
    await engine.close()
    device.close()
  }
  return { engine, device, close }
}

/** Nanoseconds in callbacks since the engine was opened. `mean` is exact; the percentiles beside it are rounded to 12 %. */
function spent({ engine }) {
  const { callbacks, load } = engine.stats()
  return callbacks * load.mean * DEADLINE
}

/**
 * Nanoseconds in the callback of the next block. What was called before is taken in there: a step waits for it.
 * @param {Awaited<ReturnType<typeof openStepped>>} stand
 */
export async function timeBlock(stand) {
  const before = spent(stand)
  await stand.device.step(BLOCK)
  return spent(stand) - before
}

/**
 * What a block with nothing to do costs: the median of some callbacks, in nanoseconds.
 * @param {Awaited<ReturnType<typeof openStepped>>} stand
 */
export async function timeIdle(stand, blocks = 7) {
  const costs = []
  for (let i = 0; i < blocks; i++) costs.push(await timeBlock(stand))
  stand.device.output()
  return median(costs)
}

/**
 * Steps block by block. `callbacks` holds the nanoseconds of each callback; `steps` those of each whole step,
 * which also holds the dispatch side, two changes of threads and JavaScript.
 * @param {Awaited<ReturnType<typeof openStepped>>} stand
 * @param {number} blocks
 */
async function timeBlocks(stand, blocks) {
  const callbacks = new Float64Array(blocks)
  const steps = new Float64Array(blocks)
  let before = spent(stand)
  for (let i = 0; i < blocks; i++) {
    const start = performance.now()
    await stand.device.step(BLOCK)
    steps[i] = (performance.now() - start) * 1e6
    const now = spent(stand)
    callbacks[i] = now - before
    before = now
    stand.device.output()
  }
  return { callbacks, steps }
}

/**
 * Times blocks of several engines in turns, so that what else the machine does meets all of them. Gives the
 * median and the 99th percentile of each round, stand by stand.
 * @param {Awaited<ReturnType<typeof openStepped>>[]} stands
 * @param {{ rounds: number, blocks: number }} options
 */
export async function timeInTurns(stands, { rounds, blocks }) {
  for (const stand of stands) await timeBlocks(stand, blocks)
  globalThis.gc?.()
  const figures = () => ({ p50: [], p99: [] })
  const results = stands.map(() => ({ callbacks: figures(), steps: figures() }))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < stands.length; turn++) {
      const which = (round + turn) % stands.length
      const times = await timeBlocks(stands[which], blocks)
      for (const [way, values] of Object.entries(times)) {
        results[which][way].p50.push(median(values))
        results[which][way].p99.push(quantile(values, 0.99))
      }
    }
  }
  return results
}
