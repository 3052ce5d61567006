// Packs the root and every platform whose binary is here.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { typescript } from '../lib/build.mjs'
import { bringUpToDate } from '../lib/perform.mjs'
import { findBinary } from './binaries.mjs'
import { publishing } from './manifests.mjs'
import { platforms } from './platforms.mjs'
import { packPlatform, packRoot } from './stage.mjs'

/**
 * @typedef {import('./platforms.mjs').Platform} Platform
 * @typedef {import('./stage.mjs').Packed} Packed
 *
 * @typedef {object} PackedAll
 * @property {Packed} root
 * @property {{ platform: Platform, binary: string, packed: Packed }[]} built
 * @property {Platform[]} lacking Platforms whose binary was not found.
 */

/**
 * @param {object} options
 * @param {string} options.out Made if it is not there; tarballs of the same names in it are replaced.
 * @param {string} [options.binaries] See `findBinary`.
 * @param {string} [options.repository] See `publishing`.
 * @param {(platform: Platform) => boolean} [options.only]
 * @returns {Promise<PackedAll>}
 */
export async function packAll({ out, binaries, repository, only = () => true }) {
  await bringUpToDate(typescript, { quiet: true })
  mkdirSync(out, { recursive: true })
  const staging = mkdtempSync(path.join(tmpdir(), 'noxrun-staging-'))
  try {
    const options = { out, staging, extra: publishing(repository) }
    /** @type {PackedAll} */
    const all = { root: await packRoot(options), built: [], lacking: [] }
    for (const platform of platforms.filter(only)) {
      const binary = findBinary(platform, binaries)
      if (binary === null) all.lacking.push(platform)
      else all.built.push({ platform, binary: binary.file, packed: await packPlatform(platform, binary.content, options) })
    }
    return all
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}
