// node scripts/soak.mjs [--minutes N] [--out FOLDER] [--sabotage FAULT]: plays a known signal through a
// real server and captures it, while processes spin and threads allocate. Every sample is compared bit
// for bit. The exit status is 1 if a single one is wrong or missing.
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { native, sabotage, sabotageBinding, typescript } from './lib/build.mjs'
import { inRoot, stateDir } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { run } from './lib/process.mjs'
import { python } from './lib/python.mjs'
import { SetupError } from './lib/steps.mjs'
import { missingForServers, startServer } from './servers.mjs'
import { soak } from './soak/run.mjs'

const MATPLOTLIB = 'matplotlib==3.10.7'
const USAGE = `usage: npm run soak -- [--minutes N] [--out FOLDER] [--spinners N] [--hammers N] [--wake condvar|unpark]
                       [--sabotage delete-one|FAULT]
  --minutes   real minutes of signal, default 10
  --out       where soak.json and soak.png go, default .noxrun/soak
  --spinners  processes that only spin, default one for each core
  --hammers   threads that allocate and free in this process, default 2
  --sabotage  must fail: delete-one takes a single sample out of what was captured before it is compared;
              any other is a fault of crates/sabotage, planted in the engine, such as lost-frame`

function options() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      out: { type: 'string', default: path.join(stateDir, 'soak') },
      spinners: { type: 'string', default: `${availableParallelism()}` },
      hammers: { type: 'string', default: '2' },
      wake: { type: 'string', default: 'condvar' },
      sabotage: { type: 'string' },
    },
  })
  const minutes = Number(values.minutes)
  const [spinners, hammers] = [Number(values.spinners), Number(values.hammers)]
  const counts = [spinners, hammers].every((count) => Number.isInteger(count) && count >= 0 && count <= 64)
  const { wake } = values
  if (!(minutes >= 0.1 && minutes <= 100_000) || !counts || (wake !== 'condvar' && wake !== 'unpark')) {
    throw new TypeError('minutes must be from 0.1 to 100000, spinners and hammers from 0 to 64, wake condvar or unpark')
  }
  return { minutes, spinners, hammers, wake: /** @type {'condvar' | 'unpark'} */ (wake), out: path.resolve(values.out), fault: values.sabotage }
}

/** @param {ReturnType<typeof options>} given */
async function main(given) {
  const missing = missingForServers()
  if (missing.length > 0) throw new SetupError(`a soak needs a server: ${missing.join(', ')} missing`)
  const isPlanted = given.fault !== undefined && given.fault !== 'delete-one'
  await bringUpToDate(isPlanted ? sabotage : native, { quiet: true })
  await bringUpToDate(typescript, { quiet: true })
  if (isPlanted) {
    process.env['NOXRUN_BINDING'] = sabotageBinding() ?? ''
    process.env['NOXRUN_SABOTAGE'] = given.fault
  }
  const server = await startServer({ period: 256, label: 'soak' })
  try {
    console.log(`soak: ${given.minutes} minutes at ${server.rate} Hz, ${server.period} frames a period; ${given.spinners} processes spin, ${given.hammers} threads allocate`)
    const result = await soak({ ...given, deleteOne: given.fault === 'delete-one' }, server, (line) => { console.log(`soak: ${line}`) })
    return {
      ...(given.fault !== undefined && { sabotage: given.fault }),
      node: process.versions.node,
      processor: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      ...result,
    }
  } finally {
    await server.stop()
  }
}

/** @param {Awaited<ReturnType<typeof main>>} report @param {string} out */
async function write(report, out) {
  mkdirSync(out, { recursive: true })
  const [json, png] = [path.join(out, 'soak.json'), path.join(out, 'soak.png')]
  writeFileSync(json, `${JSON.stringify(report, undefined, 1)}\n`)
  console.log(`soak: report: ${json}`)
  try {
    const { status, output } = await run(await python([MATPLOTLIB]), [inRoot('scripts', 'soak', 'plot.py'), json, png], { timeout: 120_000 })
    if (status !== 0) throw new SetupError(output)
    console.log(`soak: picture: ${png}`)
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    console.error(`soak: no picture could be drawn:\n${error.message}`)
  }
}

/** @param {Awaited<ReturnType<typeof main>>} report */
function tell({ verdict, faults, checked, torn, capture, playback, ring, callbackTime, wakeLatencyMs }) {
  /** @param {number} value */
  const short = (value) => value.toFixed(value < 10 ? 2 : 0)
  /** @param {{ meanUs: number, p50Us: number, p99Us: number, maxUs: number }} times */
  const times = ({ meanUs, p50Us, p99Us, maxUs }) => `mean ${short(meanUs)}, p50 ${short(p50Us)}, p99 ${short(p99Us)}, max ${short(maxUs)} µs`
  console.log(`soak: ${checked.samples} samples compared, ${checked.wrong} wrong, ${checked.missing} missing
soak: ${capture.dropped} dropped, ${capture.allocations} allocations and ${capture.frees} frees in ${capture.callbacks} capture callbacks, ${playback.allocations} and ${playback.frees} in ${playback.callbacks} of playback
soak: ring: at most ${ring.highWater} of ${ring.capacity} samples
soak: callbacks: capture ${times(callbackTime.capture)}; playback ${times(callbackTime.playback)}
soak: wake latency: p50 ${short(wakeLatencyMs.p50)}, p99 ${short(wakeLatencyMs.p99)}, p99.9 ${short(wakeLatencyMs.p999)}, max ${short(wakeLatencyMs.max)} ms`)
  if (torn.xruns > 0) {
    console.log(`soak: the server missed deadlines: ${torn.xrunsOfPlayback} xruns reported to playback and ${torn.xrunsOfCapture} to capture; it tore ${torn.periodsTornByTheServer} periods and shifted the signal ${torn.periodsShiftedByTheServer} times. These are not counted as wrong.`)
  }
  if (capture.lostByDevice > 0) {
    console.log(`soak: ${capture.lostByDevice} frames never came, for the server stood still: counted in lostByDevice, passed over by the indices.`)
  }
  for (const fault of faults) console.log(`soak: FAULT: ${fault}`)
  console.log(`soak: ${verdict}`)
}

try {
  const given = options()
  const report = await main(given)
  tell(report)
  await write(report, given.out)
  if (report.faults.length > 0) process.exitCode = 1
} catch (error) {
  if (error instanceof TypeError) {
    console.error(`${error.message}\n${USAGE}`)
    process.exitCode = 2
  } else if (error instanceof SetupError) {
    console.error(error.message)
    process.exitCode = 1
  } else throw error
}
