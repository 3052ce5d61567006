// What is built here, packed as it is published, in a registry of this machine, and installed by npm.
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { native } from '../lib/build.mjs'
import { inRoot, root } from '../lib/paths.mjs'
import { bringUpToDate } from '../lib/perform.mjs'
import { removeScratch, scratchFolder } from '../lib/scratch.mjs'
import { platformManifest } from '../pack/manifests.mjs'
import { platforms } from '../pack/platforms.mjs'
import { packAll } from '../pack/stage.mjs'
import { Consumers } from './consumers.mjs'
import { startRegistry } from './registry.mjs'

/** The platform of this machine. @returns {import('../pack/platforms.mjs').Platform} */
export function platformHere() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  const libc = process.platform !== 'linux' ? undefined : header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  const here = platforms.find(({ os, cpu, libc: wanted }) => os === process.platform && cpu === process.arch && wanted === libc)
  if (here === undefined) throw new Error(`no package is made for ${process.platform} ${process.arch}`)
  return here
}

/**
 * Packs the root and this platform's package of this checkout's own build, or with `all` every platform whose
 * binary is here, and has a registry with them. Of platforms whose binary is not here it has the manifest only.
 * @param {{ all?: boolean }} [options]
 */
export async function packedHere({ all = false } = {}) {
  const here = platformHere()
  // What the cross build made is what would be published.
  if (!all || !existsSync(inRoot('target', 'cross', here.id))) await bringUpToDate(native, { quiet: true })
  const out = scratchFolder('noxrun-packed')
  const packed = await packAll(all ? { out } : { out, binaries: root, only: (platform) => platform === here })
  if (!packed.built.some(({ platform }) => platform === here)) throw new Error(`there is no binary for ${here.title}: run "npm run build:native"`)
  const others = platforms.filter((platform) => !packed.built.some((one) => one.platform === platform))
  const registry = await startRegistry([packed.root.file, ...packed.built.map((one) => one.packed.file)], others.map(platformManifest))
  const consumers = new Consumers(registry)
  return {
    ...packed, here, others, registry, consumers,
    async close() {
      await registry.close()
      consumers.remove()
      removeScratch(out)
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
