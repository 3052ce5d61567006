// What importing the packed package costs more than an empty script: 40 pairs in turn, medians.
// Builds what it measures itself.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { packedHere } from '../scripts/ship/packed.mjs'

const PAIRS = 40
const SAYS_TIME = "process.on('exit', () => { const { user, system } = process.cpuUsage(); console.log((user + system) / 1000) })\n"
/** Each beside the empty script of its own kind. @type {Record<string, [empty: string, full: string]>} */
const WAYS = {
  "import 'noxrun'": ['empty.mjs', 'import.mjs'],
  "require('noxrun')": ['empty.cjs', 'require.cjs'],
  "import 'noxrun/testing'": ['empty.mjs', 'testing.mjs'],
  'noxrun --version': ['empty.cjs', 'node_modules/noxrun/dist/src/cli.js'],
}

const { consumers, close } = await packedHere()
try {
  const dir = await consumers.install('import')
  const write = (name, text) => writeFileSync(path.join(dir, name), `${text}\n${SAYS_TIME}`)
  write('empty.mjs', '')
  write('empty.cjs', '')
  write('import.mjs', "import 'noxrun'")
  write('testing.mjs', "import 'noxrun/testing'")
  write('require.cjs', "require('noxrun')")
  const time = (program) => {
    const startedAt = performance.now()
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--version'], { cwd: dir, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${program} failed:\n${stderr}`)
    return { clock: performance.now() - startedAt, processor: Number(stdout) }
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1].toFixed(1).padStart(6)
  for (const [way, [empty, full]] of Object.entries(WAYS)) {
    const pairs = Array.from({ length: PAIRS }, () => ({ empty: time(empty), full: time(full) }))
    const more = (what) => median(pairs.map((pair) => pair.full[what] - pair.empty[what]))
    // The command line says its version, not its time.
    const processor = Number.isNaN(pairs[0].full.processor) ? '' : `, ${more('processor')} ms of the processor's time`
    console.log(`${way.padEnd(24)} ${more('clock')} ms more than an empty script${processor}`)
  }
} finally {
  await close()
}
