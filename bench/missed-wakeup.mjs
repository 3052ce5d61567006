// Missed wake-ups: how often a consumer sleeps 100 ms with work waiting, with and without the lock around the check.
// Builds what it measures itself.
import { cargoBench } from './lib/cargo.mjs'
import { printTable, printVerdict } from './lib/figures.mjs'

const PERIOD_NS = 10e6

const rows = await cargoBench({ crate: 'noxrun-capture', bench: 'missed_wakeup' }, (row) => {
  console.log(`measured: ${row.way}, ${row.betweenNs} ns in between: ${row.stalls} of ${row.notifications.toLocaleString('en')}`)
})
const perMillion = ({ stalls, notifications }) => (1e6 * stalls) / notifications

const spread = rows[0].spreadNs
console.log(
  `\nEach notification comes 0 to ${spread / 1000} µs after the consumer was seen to go back to its check. A stall is a sleep of 95 ms` +
    `\nand more with work waiting. The last column says what that would be for callbacks every ${PERIOD_NS / 1e6} ms that come at any` +
    '\nmoment: the same window, met as many times less often.',
)
printTable([
  ['wake', 'between check and wait', 'notifications', 'stalls', 'per million', 'per million callbacks'],
  ...rows.map((row) => [
    row.way, row.betweenNs === 0 ? 'nothing' : `${row.betweenNs / 1000} µs`, row.notifications, row.stalls,
    perMillion(row).toFixed(0), ((perMillion(row) * spread) / PERIOD_NS).toFixed(1),
  ]),
])
const safe = rows.filter((row) => row.way !== 'without the lock')
const broken = rows.filter((row) => row.way === 'without the lock' && row.betweenNs > 0)
printVerdict(safe.every((row) => row.stalls === 0), 'no stall with what ships (target 0)')
printVerdict(broken.every((row) => row.stalls > 0), 'stalls without the lock: this bench can see them')
