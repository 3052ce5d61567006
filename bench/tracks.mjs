// Mixing: the time of a block with 1 to 512 playing tracks, each with a moving fader, a pan and a meter.
import { measure, pinning } from './lib/child.mjs'
import { printTable, printVerdict } from './lib/figures.mjs'

// A device that is stepped block by block: each callback is timed by the engine itself, as on a real device,
// and meets caches that JavaScript and the dispatch side have used in between. A render would run blocks back
// to back, which flatters, and has no time of a single block.
const { blocks, deadline, rows, growth } = await measure('tracks/measure.mjs', { isPinned: true })

const share = (ns) => `${((100 * ns) / deadline).toFixed(2)} %`
console.log(
  `${blocks.toLocaleString('en')} callbacks of 256 frames at 48 kHz stereo each, in turns; ` +
    `deadline ${(deadline / 1e6).toFixed(2)} ms${pinning()}`,
)
printTable([
  ['tracks', 'median', 'of deadline', 'p99', 'of deadline', 'worst p99 of a round', 'a track adds'],
  ...rows.map(({ size, p50, p99, worst, perTrack }) => [
    String(size), `${(p50 / 1000).toFixed(2)} µs`, share(p50), `${(p99 / 1000).toFixed(2)} µs`, share(p99), share(worst),
    perTrack === null ? '' : `${perTrack.toFixed(0)} ns`,
  ]),
])
printVerdict(growth <= 1.5, `a track among 512 costs ${growth.toFixed(2)} × what it costs among 32 (target ≤ 1.50 ×)`)
