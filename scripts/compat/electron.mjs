// Electron forbids buffers around memory that is not its own (V8's memory cage). The same rule is put
// on Node here, by a copy of the binding that asks a library of ours instead of Node for them, and the
// whole consumer has to work under it. No Electron runs here.
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inRoot } from '../lib/paths.mjs'
import { ask } from '../lib/process.mjs'
import { installedBinding } from '../ship/installed.mjs'
import { consumer, must, node } from './suite.mjs'

/** What Node-API offers around foreign memory. */
const FORBIDDEN = ['napi_create_external_arraybuffer', 'napi_create_external_buffer']

/**
 * The functions of Node-API that a binding asks for.
 * @param {string} file
 * @returns {string[]}
 */
function importsOf(file) {
  const listed = ask('nm', ['-D', '--undefined-only', file])
  if (listed === null) throw new Error('nm could not read the binding; it is in the package binutils')
  return listed.split('\n').map((line) => line.trim().split(/\s+/).at(-1) ?? '').filter((name) => name.startsWith('napi_'))
}

/**
 * Makes the binding of an installed package refuse what Electron refuses.
 * @param {string} dir The folder that the package is installed in.
 * @param {string} shimDir Where the library goes that refuses.
 * @returns {{ shim: string, replaced: string[] }} The library to be preloaded, and the functions that are refused.
 */
export function forbidExternalBuffers(dir, shimDir) {
  const shim = path.join(shimDir, 'no-external.so')
  if (/[\s:]/.test(shim)) throw new Error(`a library at ${shim} cannot be preloaded: set TMPDIR to a path without spaces and colons`)
  if (ask('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', shim, inRoot('scripts', 'compat', 'no-external.c')]) === null) {
    throw new Error('cc could not build scripts/compat/no-external.c')
  }
  const binding = installedBinding(dir)
  const replaced = importsOf(binding).filter((name) => FORBIDDEN.includes(name))
  let text = readFileSync(binding, 'latin1')
  for (const name of replaced) text = text.replaceAll(`${name}\0`, `${name.replace('napi_', 'noxr_')}\0`)
  // A file of its own: the installed one may be a link to another's.
  writeFileSync(`${binding}.new`, text, 'latin1')
  cpSync(`${binding}.new`, binding)
  const left = importsOf(binding).filter((name) => FORBIDDEN.includes(name))
  if (left.length > 0) throw new Error(`the copy still asks Node for ${left.join(', ')}`)
  return { shim, replaced }
}

/**
 * How often the preloaded library was asked.
 * @param {string} output
 */
export function refusals(output) {
  return Number(/refused (\d+) external buffers/.exec(output)?.[1] ?? 0)
}

/** @param {import('./suite.mjs').Suite} suite */
export async function electron(suite) {
  const dir = await consumer(suite, 'electron')
  /** @type {ReturnType<typeof forbidExternalBuffers> | undefined} */
  let forbidden
  await suite.checks.check("Electron's rule: of what makes external buffers, the binding asks for one function", () => {
    forbidden = forbidExternalBuffers(dir, suite.scratch)
    const names = forbidden.replaced.join(', ')
    if (names !== 'napi_create_external_arraybuffer') throw new Error(`it asks for ${names || 'none'}: has the way to make arrays changed?`)
    return names
  })
  const shim = forbidden?.shim
  if (shim === undefined) return
  for (const [title, program, least] of /** @type {const} */ ([
    ['plays, captures, records, renders', 'consumer.mjs', 10], ['CommonJS', 'consumer.cjs', 1], ['worker threads', 'workers.mjs', 20],
  ])) {
    await suite.checks.check(`Electron's rule: external buffers refused: ${title}`, async () => {
      const { output } = await must(suite, dir, node, [program], { env: { LD_PRELOAD: shim } })
      const count = refusals(output)
      // Were it never asked, nothing would have been proved.
      if (count < least) throw new Error(`only ${count} were asked for:\n${output}`)
      return `${count} refused, each copied instead`
    })
  }
}
