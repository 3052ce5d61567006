// node scripts/compat.mjs [--only part,part]: the packed package in the hands of users: each line of Node
// with worker threads, Electron's rule for buffers, bundlers, package managers, TypeScript. Downloads
// the tools from npm once, into target/.
import { mkdtempSync, rmSync } from 'node:fs'
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
import { Checks } from './lib/checks.mjs'
import { packedHere } from './ship/installed.mjs'

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
const scratch = mkdtempSync(path.join(tmpdir(), 'noxrun-compat-'))
/** @type {Awaited<ReturnType<typeof packedHere>> | undefined} */
let packed
try {
  if (process.platform !== 'linux') throw new Error('this run is for Linux: its Node programs are')
  packed = await packedHere(path.join(scratch, 'packed'))
  await installTools()
  for (const part of parts) {
    const startedAt = performance.now()
    await PARTS[part]({ scratch, checks, ...packed })
    console.log(`  ${part}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  }
} finally {
  await packed?.close()
  rmSync(scratch, { recursive: true, force: true })
}
checks.finish()
