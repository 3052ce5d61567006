// Control path: what calls cost JavaScript and the callback, what an engine holds, and what waits for renders.
import process from 'node:process'
import { parseArgs } from 'node:util'
import { serversAvailable, withServers } from '../scripts/lib/shared-servers.mjs'
import { measure, pinning } from './lib/child.mjs'
import { median, printTable } from './lib/figures.mjs'
import { ownFolder, requireFrom } from './lib/package.mjs'

/** In the order in which they run. Each is a file of control/ with `title`, `rows` and `measure`. */
const PARTS = ['writes', 'cancel', 'ramps', 'getters', 'memory', 'renders', 'exit', 'latency']

/** Which parts to measure, of the packages in which folders, in how many rounds. */
function readArguments() {
  const { values } = parseArgs({
    options: { part: { type: 'string' }, against: { type: 'string' }, rounds: { type: 'string', default: '3' } },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a whole number from 1, got ${values.rounds}`)
  const parts = values.part?.split(',') ?? PARTS
  const unknown = parts.find((part) => !PARTS.includes(part))
  if (unknown !== undefined) throw new Error(`--part must be some of ${PARTS.join(',')}, got ${unknown}`)
  if (values.against !== undefined) requireFrom(values.against)
  const folders = [process.env.NOXRUN_BENCH_PACKAGE ?? ownFolder, ...(values.against === undefined ? [] : [values.against])]
  return { rounds, parts, folders }
}

/**
 * Measures a part with each package in turns. Gives the figures of each: of the rounds' medians and 99th percentiles
 * the median, and the worst of all.
 */
async function measureInTurns(name, { isPinned }, { rounds, folders }, env) {
  const runs = folders.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < folders.length; turn++) {
      const which = (round + turn) % folders.length
      // With a binding of its own choice, both packages would be the same.
      const binding = folders.length > 1 ? { NOXRUN_BINDING: undefined } : {}
      const own = { ...env, ...binding, NOXRUN_BENCH_PACKAGE: folders[which] }
      runs[which].push(await measure('control/run.mjs', { isPinned, args: [name], env: own }))
    }
  }
  return runs.map((rows) => Object.fromEntries(Object.keys(rows[0]).map((figure) => {
    const of = (way) => rows.map((row) => row[figure][way])
    return [figure, { median: median(of('median')), p99: median(of('p99')), worst: Math.max(...of('worst')) }]
  })))
}

/** Three digits that count. */
const show = (value) => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))).toLocaleString('en')

/** A row: this package's figures, then those of the other, and whether this package meets the target. */
function toRow({ figure, label, unit, target, of = 'median' }, [own, other]) {
  const cells = (figures) => ['median', 'p99', 'worst'].map((way) => show(figures[figure][way]))
  const limit = typeof target === 'function' ? target(own) : target
  const verdict = limit === undefined
    ? ['', '']
    : [`${of} ≤ ${show(limit)}`, own[figure][of] <= limit ? 'MET' : 'MISSED']
  const against = other === undefined ? [] : [...cells(other), `${show(own[figure].median / other[figure].median)} ×`]
  return [`${label}, ${unit}`, ...cells(own), ...against, ...verdict]
}

const given = readArguments()
const head = ['median', 'p99', 'worst']
const against = given.folders.length > 1 ? [...head.map((word) => `against: ${word}`), 'medians'] : []
const results = {}
for (const name of given.parts) {
  const part = await import(`./control/${name}.mjs`)
  const needsServer = part.needsServer && process.env.NOXRUN_BENCH_DEVICE === undefined
  if (needsServer && !serversAvailable()) {
    console.log(`\n${name}: ${part.title}\n  skipped: there is no audio server here, and NOXRUN_BENCH_DEVICE names no device`)
    continue
  }
  try {
    const perform = (env) => measureInTurns(name, part, given, env)
    // A server that nobody uses would only take time from what is measured.
    const figures = await (needsServer ? withServers([256], ([server]) => perform(server.env)) : perform())
    results[name] = figures
    console.log(`\n${name}: ${part.title}${part.isPinned ? pinning() : ''}`)
    printTable([['', ...head, ...against, 'target', ''], ...part.rows.map((row) => toRow(row, figures))])
  } catch (error) {
    console.log(`\n${name}: ${part.title}\n  could not be measured: ${error.message}`)
  }
}
console.log(JSON.stringify(results, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)))
