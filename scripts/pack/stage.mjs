// Lays each package out as it is published, in a folder of its own, and packs it with npm.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { typescript } from '../lib/build.mjs'
import { npm } from '../lib/npm.mjs'
import { inRoot } from '../lib/paths.mjs'
import { bringUpToDate } from '../lib/perform.mjs'
import { removeScratch, scratchFolder } from '../lib/scratch.mjs'
import { findBinary } from './binaries.mjs'
import { linkedCrates } from './crates.mjs'
import { LICENCES, NOTICES, SBOM, platformManifest, platformReadme, publishedRoot, publishing } from './manifests.mjs'
import { notices } from './notices.mjs'
import { binaryName, platforms } from './platforms.mjs'
import { sbom } from './sbom.mjs'
import { standardParts } from './std.mjs'

/**
 * @typedef {import('./platforms.mjs').Platform} Platform
 *
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} file The tarball.
 * @property {number} size Bytes of the tarball.
 * @property {number} unpackedSize Bytes of what is in it.
 * @property {string[]} files
 */

/**
 * @param {string} folder
 * @param {string} out
 * @returns {Promise<Packed>}
 */
async function pack(folder, out) {
  const said = await npm(['pack', '--json', '--ignore-scripts', '--loglevel', 'error', '--pack-destination', out], { cwd: folder })
  const [report] = /** @type {[{ name: string, filename: string, size: number, unpackedSize: number, files: { path: string }[] }]} */ (JSON.parse(said))
  return { ...report, file: path.join(out, report.filename), files: report.files.map((file) => file.path) }
}

/** @param {object} manifest */
const asJson = (manifest) => `${JSON.stringify(manifest, null, 2)}\n`

/**
 * @param {Platform} platform
 * @param {Buffer} binary
 * @returns {Promise<Record<string, string | Buffer>>} The package's files.
 */
async function platformFiles(platform, binary) {
  const manifest = platformManifest(platform)
  const crates = await linkedCrates(platform.triple)
  const standard = await standardParts(binary, platform.os)
  return {
    'README.md': platformReadme(platform),
    [NOTICES]: notices(crates, standard, platform.title),
    [SBOM]: asJson(sbom(crates, standard, { name: manifest.name, version: manifest.version, file: binaryName(platform), binary })),
    [binaryName(platform)]: binary,
  }
}

/**
 * Packs the root and every platform whose binary is here.
 * @param {object} options
 * @param {string} options.out Made if it is not there; tarballs of the same names in it are replaced.
 * @param {string} [options.binaries] See `findBinary`.
 * @param {string} [options.repository] See `publishing`.
 * @param {(platform: Platform) => boolean} [options.only]
 */
export async function packAll({ out, binaries, repository, only = () => true }) {
  await bringUpToDate(typescript, { quiet: true })
  mkdirSync(out, { recursive: true })
  const staging = scratchFolder('noxrun-staging')
  /** @param {string} name @param {object} manifest @param {readonly string[]} copied @param {Record<string, string | Buffer>} [made] */
  const packed = (name, manifest, copied, made = {}) => {
    const folder = path.join(staging, name)
    mkdirSync(folder)
    for (const file of copied) cpSync(inRoot(file), path.join(folder, file), { recursive: true })
    for (const [file, content] of Object.entries(made)) writeFileSync(path.join(folder, file), content, { mode: typeof content === 'string' ? 0o644 : 0o755 })
    writeFileSync(path.join(folder, 'package.json'), asJson({ ...manifest, ...publishing(repository) }))
    return pack(folder, out)
  }
  try {
    const manifest = publishedRoot()
    const root = await packed('noxrun', manifest, [...manifest.files, 'README.md'])
    const built = []
    const lacking = []
    for (const platform of platforms.filter(only)) {
      const binary = findBinary(platform, binaries)
      if (binary === null) {
        lacking.push(platform)
        continue
      }
      const own = platformManifest(platform)
      built.push({ platform, binary: binary.file, packed: await packed(own.name, own, LICENCES, await platformFiles(platform, binary.content)) })
    }
    return { root, built, lacking }
  } finally {
    removeScratch(staging)
  }
}
