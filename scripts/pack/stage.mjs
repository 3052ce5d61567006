// Lays each package out as it is published, in a folder of its own, and packs it with npm.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { npm } from '../lib/npm.mjs'
import { inRoot } from '../lib/paths.mjs'
import { linkedCrates } from './crates.mjs'
import { LICENCES, NOTICES, SBOM, asJson, platformManifest, platformReadme, publishedRoot } from './manifests.mjs'
import { notices } from './notices.mjs'
import { binaryName, packageName } from './platforms.mjs'
import { sbom } from './sbom.mjs'
import { standardParts } from './std.mjs'

/** @typedef {import('./platforms.mjs').Platform} Platform */

/**
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

/**
 * @param {{ out: string, staging: string, extra: Record<string, unknown> }} options `extra`: see `publishing`.
 * @returns {Promise<Packed>}
 */
export function packRoot({ out, staging, extra }) {
  const folder = path.join(staging, 'noxrun')
  mkdirSync(folder)
  const manifest = publishedRoot(extra)
  for (const file of [...manifest.files, 'README.md']) cpSync(inRoot(file), path.join(folder, file), { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), asJson(manifest))
  return pack(folder, out)
}

/**
 * @param {Platform} platform
 * @param {Buffer} binary
 * @param {{ out: string, staging: string, extra: Record<string, unknown> }} options
 * @returns {Promise<Packed>}
 */
export async function packPlatform(platform, binary, { out, staging, extra }) {
  const folder = path.join(staging, packageName(platform))
  mkdirSync(folder)
  const manifest = platformManifest(platform)
  const crates = await linkedCrates(platform.triple)
  const standard = await standardParts(binary, platform.os)
  const parts = sbom(crates, standard, { name: manifest.name, version: manifest.version, file: binaryName(platform), binary })
  for (const file of LICENCES) cpSync(inRoot(file), path.join(folder, file))
  writeFileSync(path.join(folder, 'package.json'), asJson({ ...manifest, ...extra }))
  writeFileSync(path.join(folder, 'README.md'), platformReadme(platform))
  writeFileSync(path.join(folder, NOTICES), notices(crates, standard, platform.title))
  writeFileSync(path.join(folder, SBOM), asJson(parts))
  writeFileSync(path.join(folder, binaryName(platform)), binary, { mode: 0o755 })
  return pack(folder, out)
}
