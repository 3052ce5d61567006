// Capture's hand-off: what an input callback costs, old pipeline against condvar and unpark, and when the samples arrive.
// Builds what it measures itself.
import { cargoBench } from './lib/cargo.mjs'
import { printTable, printVerdict } from './lib/figures.mjs'

const OLD = 'Vec + sync_channel'
const TARGETS = { condvar: 0.7, unpark: 0.6 }

const BARE = 'with a bare wake'

const us = (ns) => (ns / 1000).toFixed(ns < 99_950 ? 1 : 0)
const oldMean = (rows, { shape }) => rows.find((row) => row.way === OLD && row.shape === shape).mean
const place = ({ loaded, seat }) => `${loaded ? 'under load' : 'idle'}, ${seat}`

let last = ''
const rows = await cargoBench({ crate: 'noxrun-capture', bench: 'handoff' }, (row) => {
  if (place(row) !== last) console.log(`measuring: ${(last = place(row))}`)
})

console.log(
  '\nEvery way does the same resampling first. µs a callback: the medians of the rounds\' medians and p99; p99.9 and maximum of' +
    '\nall callbacks; mean: of all callbacks. Ratio: the median of the rounds\' ratios to the old pipeline; and of the means.' +
    '\nAll readers take chunks of 20 ms, the default: ours wakes once a chunk, the old pipeline sends a Vec a callback and its' +
    '\nconsumer joins them. Chunk there: µs from the start of the callback that completes a chunk until the reader has it. Ours also measures levels, marks the time and keeps the account.' +
    '\nA bare wake: an unpark besides the resampling and nothing handed over, the least that any way with a wake a callback costs.' +
    '\nLoad: a spinner a core, an allocator hammer, a niced consumer.',
)
for (const where of new Set(rows.map(place))) {
  const here = rows.filter((row) => place(row) === where)
  console.log(`\n${where}${here.every((row) => row.granted) ? '' : ' (NOT GRANTED: measured without)'}`)
  printTable([
    ['frames', 'way', 'ratio', 'of means', 'heap calls', 'mean', 'median', 'p99', 'p99.9', 'max', 'chunk there: median', 'p99', 'p99.9', 'max', 'lock was taken'],
    ...here.map((row) => [
      row.shape, row.way, row.ratio.toFixed(2), (row.mean / oldMean(here, row)).toFixed(2), row.touches.toFixed(row.touches % 1 === 0 ? 0 : 2),
      ...[row.mean, row.p50, row.p99, row.p999, row.max].map(us),
      ...(row.wakes > 0 ? [row.wakeP50, row.wakeP99, row.wakeP999, row.wakeMax].map(us) : ['', '', '', '']),
      row.way === 'condvar' ? String(row.contended) : '',
    ]),
  ])
}

const ours = rows.filter((row) => row.way in TARGETS)
const old = rows.filter((row) => row.way === OLD)
printVerdict(
  ours.every((row) => row.touches === 0),
  `heap calls a callback: ${Math.max(...ours.map((row) => row.touches))} (target 0), the old pipeline's ${Math.max(...old.map((row) => row.touches))}`,
)
for (const where of new Set(rows.map(place))) {
  for (const [way, target] of Object.entries(TARGETS)) {
    const ratios = ours.filter((row) => place(row) === where && row.way === way).map((row) => row.ratio)
    const least = rows.filter((row) => place(row) === where && row.way === BARE).map((row) => row.ratio)
    const means = ours.filter((row) => place(row) === where && row.way === way).map((row) => row.mean / oldMean(rows.filter((other) => place(other) === where), row))
    const list = (values) => values.map((value) => value.toFixed(2)).join(' and ')
    printVerdict(
      Math.max(...ratios) <= target,
      `${way} ${list(ratios)} × the old median (target ≤ ${target} ×; a bare wake ${list(least)} ×), ${list(means)} × its mean: ${where}`,
    )
  }
}
