// Electron forbids buffers around memory that is not V8's own (its memory cage): a native module that
// asks for one gets an error there. So the binding must not know the functions that make them. What
// stands for it at run time is in every consumer: arrays that it is given are transferred, which works
// with V8's own memory alone. No Electron runs here.
import { readFileSync } from 'node:fs'
import { ask } from '../lib/process.mjs'
import { installedBinding } from '../ship/installed.mjs'
import { consumer } from './suite.mjs'

/** What Node-API offers around foreign memory. */
const FORBIDDEN = ['napi_create_external_arraybuffer', 'napi_create_external_buffer', 'node_api_create_external_']

/** @param {import('./suite.mjs').Suite} suite */
export async function electron(suite) {
  const binding = installedBinding(await consumer(suite, 'electron'))
  await suite.checks.check("Electron's rule: the binding knows no function that makes buffers around its own memory", () => {
    const listed = ask('nm', ['-D', '--undefined-only', binding])
    if (listed === null) throw new Error('nm could not read the binding; it is in the package binutils')
    const imports = listed.split('\n').map((line) => line.trim().split(/\s+/).at(-1) ?? '').filter((name) => /^(napi_|node_api_)/.test(name))
    if (!imports.includes('napi_create_arraybuffer')) throw new Error(`it makes no arrays at all? It asks for ${imports.join(', ')}`)
    // Nor may it look one up by name.
    const content = readFileSync(binding, 'latin1')
    const known = FORBIDDEN.filter((name) => imports.some((one) => one.startsWith(name)) || content.includes(name))
    if (known.length > 0) throw new Error(`it knows ${known.join(', ')}`)
    return `${imports.length} functions of Node-API`
  })
}
