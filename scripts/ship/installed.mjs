// What is built here, packed as it is published and installed by npm: for programs that try it out.
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { native } from '../lib/build.mjs'
import { bringUpToDate } from '../lib/perform.mjs'
import { packAll } from '../pack/all.mjs'
import { Consumers } from './consumers.mjs'
import { platformHere, registryOf } from './here.mjs'

/**
 * Builds what has changed, packs the package and that of this platform, and has a registry with both.
 * @param {string} dir For the tarballs.
 */
export async function packedHere(dir) {
  await bringUpToDate(native, { quiet: true })
  const here = platformHere()
  const packed = await packAll({ out: dir, only: (platform) => platform === here })
  if (packed.built.length === 0) throw new Error(`there is no binary for ${here.id}: \`npm run build:native\` makes it`)
  const registry = await registryOf(packed)
  const consumers = new Consumers(registry)
  return {
    consumers,
    /** The tarballs, the package's own and this platform's. */
    packed: [packed.root.file, ...packed.built.map((one) => one.packed.file)],
    async close() {
      await registry.close()
      consumers.remove()
    },
  }
}

/**
 * The native binding in a project that has the package installed.
 * @param {string} dir
 * @returns {string}
 */
export function installedBinding(dir) {
  const modules = path.join(dir, 'node_modules')
  const [found, ...more] = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.node'))
  if (found === undefined || more.length > 0) throw new Error(`not one .node file but ${found === undefined ? 'none' : 1 + more.length} in ${modules}`)
  return path.join(modules, found)
}
