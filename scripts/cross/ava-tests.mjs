// The JavaScript tests on the virtual device, by Node of another machine. ava itself runs on this
// machine; each of its workers, which load the module, is emulated.
import { readdirSync } from 'node:fs'
import process from 'node:process'
import { binOf, tests } from '../lib/build.mjs'
import { fromAva } from '../lib/counts.mjs'
import { inRoot } from '../lib/paths.mjs'
import { bringUpToDate } from '../lib/perform.mjs'
import { run } from '../lib/process.mjs'

/**
 * Files that do not run under the emulator, each with its reason. Everything else does.
 * @type {Readonly<Record<string, string>>}
 */
export const leftOut = {
  'capture/hour': 'an hour of sound',
  'capture/soak': 'minutes of real time',
  'capture/realtime': 'real-time scheduling, which the emulator has not',
  'capture/killed': 'kills its process at a moment given by the clock',
  'capture/record-full': 'needs a small disk, mounted',
  'cli/demo': 'plays in real time',
  'cli/doctor': 'proves that callbacks are in time, and the emulator is not',
  'cli/examples': 'run in real time',
  'loader': 'how this machine finds its own package',
  'mixer/digests': 'hundreds of renders',
  'mixer/transport-random': 'hundreds of renders',
  'playback/load': 'measures how much fits into a block',
  'playback/memory': 'measures memory, of which the emulator takes its own',
}

/**
 * Single tests that do not, each with its reason, by a pattern of their title.
 * @type {Readonly<Record<string, string>>}
 */
const leftOutTests = {
  '*at most ten a second*': 'a limit of wall time, and the emulator is ten times slower',
  'a device that falls silent is told once, within half a second*': 'a limit of wall time',
  'closing does not wait for a device that is tried again': 'a limit of wall time',
  'the length of a rendering costs no memory*': 'measures memory, of which the emulator takes its own',
  'a worker that is terminated while it plays and captures*': 'ten starts of Node within a limit of wall time',
  'an engine that nothing refers to goes on sounding': 'a limit of wall time',
  '--loop *': 'plays in real time, which the emulator does not keep',
  'play that is stopped ends with the status of its signal': 'plays in real time',
  'stop() has everything that was captured until then*': 'captures in real time and demands that nothing is lost',
}

/** Of the quick run: one file for each of what differs between machines. */
const QUICK = ['playback/mixing', 'playback/timing', 'mixer/filters', 'mixer/render', 'capture/content', 'capture/rates', 'capture/loss', 'proof']

/**
 * Names of the test files, without `.test.js`, that need no server.
 * @returns {string[]}
 */
function allFiles() {
  return readdirSync(inRoot('__test__'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.startsWith('server'))
    .map((name) => name.slice(0, -'.test.ts'.length))
    .sort()
}

/**
 * @param {import('./targets.mjs').Target} target
 * @param {import('./qemu.mjs').Emulated} machine
 * @param {string} module The native module.
 * @param {readonly string[] | 'quick' | 'all'} which Files by their name, such as `mixer/filters`.
 * @returns {Promise<import('../lib/counts.mjs').Counts>}
 */
export async function avaTests(target, machine, module, which) {
  await bringUpToDate(tests, { quiet: true })
  const chosen = which === 'quick' ? QUICK : which === 'all' ? allFiles().filter((name) => !(name in leftOut)) : which
  const without = allFiles().filter((name) => !chosen.includes(name))
  console.log(`${target.id}: ${chosen.length} files of JavaScript tests`)
  if (without.length > 0) console.log(`${target.id}: NOT RUN here: ${without.map((name) => `${name}${leftOut[name] ? ` (${leftOut[name]})` : ''}`).join(', ')}`)
  for (const [title, reason] of Object.entries(leftOutTests)) console.log(`${target.id}: NOT RUN here: tests "${title}" (${reason})`)
  const result = await run(
    process.execPath,
    ['--import', machine.preload, binOf('ava', 'ava'), '--concurrency', '2', '--timeout', '10m',
      ...Object.keys(leftOutTests).flatMap((title) => ['--match', `!${title}`]), ...chosen.map((name) => `target/ts/__test__/${name}.test.js`)],
    {
      stream: true, timeout: 90 * 60_000,
      env: {
        NOXRUN_EXEC_PATH: machine.node,
        NOXRUN_BINDING: module,
      },
    },
  )
  return fromAva(result.output, result.status)
}
