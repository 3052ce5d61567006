// node scripts/soak.mjs [--minutes N] [--out FOLDER] [--sabotage FAULT]: plays a known signal through a
// real server and captures it, while processes spin and threads allocate. Every sample is compared bit
// for bit. The exit status is 1 if a single one is wrong or missing.
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { native, sabotage, sabotageBinding, typescript } from './lib/build.mjs'
import { stateDir } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { missingForServers, startServer } from './servers.mjs'
import { soak } from './soak/run.mjs'

const USAGE = `usage: npm run soak -- [--minutes N] [--out FOLDER] [--spinners N] [--hammers N] [--sabotage delete-one|FAULT]
  --minutes   real minutes of signal, default 10
  --out       where soak.json goes, default .noxrun/soak
  --spinners  processes that only spin, default one for each core
  --hammers   threads that allocate and free in this process, default 2
  --sabotage  must fail: delete-one takes a single sample out of what was captured before it is compared;
              any other is a fault of crates/sabotage, planted in the engine, such as lost-frame`

function options() {
  const text = /** @type {const} */ ({ type: 'string' })
  const { values } = parseArgs({ options: { minutes: text, out: text, spinners: text, hammers: text, sabotage: text } })
  const minutes = Number(values.minutes ?? 10)
  const [spinners = NaN, hammers = NaN] = [values.spinners ?? availableParallelism(), values.hammers ?? 2].map(Number)
  const areCounts = [spinners, hammers].every((count) => Number.isInteger(count) && count >= 0 && count <= 64)
  if (!(minutes >= 0.1 && minutes <= 100_000) || !areCounts) throw new TypeError('minutes must be from 0.1 to 100000, spinners and hammers from 0 to 64')
  return { minutes, spinners, hammers, out: path.resolve(values.out ?? path.join(stateDir, 'soak')), fault: values.sabotage }
}

/** @type {ReturnType<typeof options>} */
let given
try {
  given = options()
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  process.exit(2)
}
const missing = missingForServers()
if (missing.length > 0) {
  console.error(`soak: a soak needs a server: ${missing.join(', ')} missing`)
  process.exit(1)
}
const isPlanted = given.fault !== undefined && given.fault !== 'delete-one'
await bringUpToDate(isPlanted ? sabotage : native, { quiet: true })
await bringUpToDate(typescript, { quiet: true })
if (isPlanted) Object.assign(process.env, { NOXRUN_BINDING: sabotageBinding() ?? '', NOXRUN_SABOTAGE: given.fault })
const server = await startServer({ period: 256, label: 'soak' })
try {
  console.log(`soak: ${given.minutes} minutes at ${server.rate} Hz, ${server.period} frames a period; ${given.spinners} processes spin, ${given.hammers} threads allocate`)
  const result = await soak({ ...given, deleteOne: given.fault === 'delete-one' }, server, (line) => { console.log(`soak: ${line}`) })
  const report = { ...(given.fault !== undefined && { sabotage: given.fault }), node: process.versions.node, processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), ...result }
  mkdirSync(given.out, { recursive: true })
  writeFileSync(path.join(given.out, 'soak.json'), `${JSON.stringify(report, undefined, 1)}\n`)
  const { checked, torn, capture, playback, ring, callbackTime, wakeLatencyMs, faults, verdict } = report
  /** @param {Record<string, number>} times */
  const list = (times) => Object.entries(times).map(([name, value]) => `${name} ${value.toFixed(value < 10 ? 2 : 0)}`).join(', ')
  console.log(`soak: ${checked.samples} samples compared, ${checked.wrong} wrong, ${checked.missing} missing
soak: ${capture.dropped} dropped, ${capture.allocations} allocations and ${capture.frees} frees in ${capture.callbacks} capture callbacks, ${playback.allocations} and ${playback.frees} in ${playback.callbacks} of playback
soak: ring: at most ${ring.highWater} of ${ring.capacity} samples
soak: callbacks, µs: capture ${list(callbackTime.capture)}; playback ${list(callbackTime.playback)}
soak: wake latency, ms: ${list(wakeLatencyMs)}`)
  if (torn.xruns > 0) {
    console.log(`soak: the server missed deadlines: ${torn.xrunsOfPlayback} xruns reported to playback and ${torn.xrunsOfCapture} to capture; it tore ${torn.periodsTornByTheServer} periods and shifted the signal ${torn.periodsShiftedByTheServer} times. These are not counted as wrong.`)
  }
  if (capture.lostByDevice > 0) console.log(`soak: ${capture.lostByDevice} frames never came, for the server stood still: counted in lostByDevice, passed over by the indices.`)
  for (const fault of faults) console.log(`soak: FAULT: ${fault}`)
  console.log(`soak: ${verdict}; all of it in ${path.join(given.out, 'soak.json')}`)
  if (faults.length > 0) process.exitCode = 1
} finally {
  await server.stop()
}
