// The platform of this machine, and a registry that has what was packed here.
import process from 'node:process'
import { platformManifest } from '../pack/manifests.mjs'
import { platforms } from '../pack/platforms.mjs'
import { startRegistry } from './registry.mjs'

/** @returns {import('../pack/platforms.mjs').Platform} */
export function platformHere() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  const libc = process.platform !== 'linux' ? undefined : header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  const here = platforms.find(({ os, cpu, libc: wanted }) => os === process.platform && cpu === process.arch && wanted === libc)
  if (here === undefined) throw new Error(`no package is made for ${process.platform} ${process.arch}`)
  return here
}

/**
 * All platforms are in it, as when published: of those whose binary is not here, only the manifest.
 * @param {import('../pack/all.mjs').PackedAll} packed
 */
export function registryOf({ root, built }) {
  const others = platforms.filter((platform) => !built.some((one) => one.platform === platform))
  return startRegistry([root.file, ...built.map((one) => one.packed.file)], others.map(platformManifest))
}
