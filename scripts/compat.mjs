// node scripts/compat.mjs [--only part,part]: the packed package in the hands of users: each line of Node
// with worker threads, Electron's rule for buffers, bundlers, package managers, TypeScript. Downloads
// the tools from npm once, into target/.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { bundlers } from './compat/bundlers.mjs'
import { electron } from './compat/electron.mjs'
import { managers } from './compat/managers.mjs'
import { nodes } from './compat/nodes.mjs'
import { installTools } from './compat/tools.mjs'
import { types } from './compat/types.mjs'
import { native, typescript } from './lib/build.mjs'
import { Checks } from './lib/checks.mjs'
import { packed } from './lib/install-packed.mjs'
import { bringUpToDate } from './lib/perform.mjs'

const PARTS = { nodes, electron, bundlers, managers, types }

/** @returns {(keyof typeof PARTS)[]} */
function chosenParts() {
  const all = /** @type {(keyof typeof PARTS)[]} */ (Object.keys(PARTS))
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' } } })
    const names = values.only?.split(',') ?? all
    const unknown = names.filter((name) => !all.some((part) => part === name))
    if (unknown.length === 0) return all.filter((part) => names.includes(part))
    console.error(`unknown part ${unknown.join(', ')}`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
  }
  console.error(`usage: node scripts/compat.mjs [--only ${all.join(',')}]`)
  process.exit(2)
}

const parts = chosenParts()
const checks = new Checks('compat')
// The name has a space in it, as folders of real people do.
const scratch = mkdtempSync(path.join(tmpdir(), 'noxrun compat-'))
try {
  if (process.platform !== 'linux') throw new Error('this run is for Linux: its Node programs are')
  await bringUpToDate(native, { quiet: true })
  await bringUpToDate(typescript, { quiet: true })
  await installTools()
  const dir = path.join(scratch, 'packed')
  mkdirSync(dir)
  const tarballs = await packed(dir)
  for (const part of parts) {
    const startedAt = performance.now()
    await PARTS[part]({ scratch, tarballs, checks })
    console.log(`  ${part}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
checks.finish()
