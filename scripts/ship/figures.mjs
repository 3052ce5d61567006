// What the packages cost: bytes, how old a system may be, and the time of an import.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { glibcOf } from '../cross/inspect.mjs'

/**
 * @typedef {import('../lib/checks.mjs').Checks} Checks
 * @typedef {import('../pack/all.mjs').PackedAll} PackedAll
 */

/** A platform's package, unpacked. */
const MAX_BYTES = 4e6
/** What Node 20 itself needs: an older system runs no Node that we support. */
const GLIBC = [2, 28]
/** Milliseconds more than an empty script. */
const IMPORT_TARGET = 30
const RUNS = 41

/** @param {number} bytes */
const size = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`

/** @param {Checks} checks @param {PackedAll} packed */
export async function checkFigures(checks, { root, built }) {
  console.log(`    ${root.name}: ${size(root.size)} packed, ${size(root.unpackedSize)} unpacked`)
  for (const { platform, packed, binary } of built) {
    await checks.check(`${packed.name} is under ${size(MAX_BYTES)} unpacked`, () => {
      const text = `${size(packed.size)} packed, ${size(packed.unpackedSize)} unpacked`
      if (packed.unpackedSize >= MAX_BYTES) throw new Error(text)
      return text
    })
    if (platform.libc !== 'glibc') continue
    await checks.check(`${packed.name} runs on every glibc that Node 20 runs on (${GLIBC.join('.')})`, () => {
      const floor = glibcOf(binary)
      const [major = 0, minor = 0] = floor?.split('.').map(Number) ?? []
      if (floor === null || major > (GLIBC[0] ?? 0) || minor > (GLIBC[1] ?? 0)) throw new Error(`it asks for glibc ${floor ?? '?'}; scripts/cross.mjs builds for older ones`)
      return `glibc ${floor} or newer`
    })
  }
}

/**
 * Prints the time of an import beside its target. Not asserted: the machine may be busy.
 * @param {string} dir Of a consumer.
 */
export function printImportTime(dir) {
  writeFileSync(path.join(dir, 'empty.mjs'), '')
  writeFileSync(path.join(dir, 'import.mjs'), "import 'noxrun'\n")
  /** @param {string} program */
  const time = (program) => {
    const startedAt = performance.now()
    const { status } = spawnSync(process.execPath, [program], { cwd: dir })
    if (status !== 0) throw new Error(`${program} failed`)
    return performance.now() - startedAt
  }
  /** @param {number[]} values */
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN
  const differences = Array.from({ length: RUNS }, () => {
    const empty = time('empty.mjs')
    return time('import.mjs') - empty
  })
  console.log(`    import: ${median(differences).toFixed(1)} ms more than an empty script (median of ${RUNS} pairs; target: under ${IMPORT_TARGET} ms)`)
}
