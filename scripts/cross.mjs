// node scripts/cross.mjs TARGET… : builds the native module and the C library for other machines with rustup,
// cargo-zigbuild and zig, and proves what they need there. TARGET is a platform or a Rust triple, or
// `all`. Writes target/cross/<platform>/.
import { statSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Checks } from './lib/checks.mjs'
import { root } from './lib/paths.mjs'
import { build } from './cross/build.mjs'
import { checkGlibc, checkNeeded, checkSize } from './cross/inspect.mjs'
import { targetOf, targets, usage } from './cross/targets.mjs'
import { toolchain } from './cross/toolchain.mjs'

/** @typedef {import('./cross/targets.mjs').Target} Target */

const names = process.argv.slice(2)
const wanted = names.length === 1 && names[0] === 'all' ? [...targets] : names.map(targetOf)
if (names.length === 0 || wanted.includes(undefined)) {
  const unknown = names.filter((name) => targetOf(name) === undefined)
  if (unknown.length > 0) console.error(`cross: unknown ${unknown.join(', ')}`)
  console.error(`usage: node scripts/cross.mjs TARGET… | all\nTARGET is one of\n${usage}`)
  process.exit(2)
}

/**
 * @param {Target} target
 * @param {Checks} checks
 */
async function make(target, checks) {
  const startedAt = performance.now()
  const files = await build(target, await toolchain(target))
  console.log(`${target.id}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  for (const file of [files.module, files.shared]) {
    const name = path.relative(root, file)
    await checks.check(`${name}: glibc`, () => checkGlibc(file, target))
    await checks.check(`${name}: libraries`, () => checkNeeded(file, target))
    await checks.check(`${name}: size`, () => checkSize(file))
  }
  console.log(`    ${path.relative(root, files.archive)}: ${(statSync(files.archive).size / 1e6).toFixed(1)} MB`)
}

const checks = new Checks('cross')
try {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(`this runs on x64 Linux only, not on ${process.platform} ${process.arch}`)
  for (const target of wanted) {
    if (target !== undefined) await make(target, checks)
  }
  checks.finish()
} catch (error) {
  console.error(`\ncross: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
