// What is linked into a platform's binary: the crates of its dependency tree, each with its licence
// and where it comes from, as cargo knows them.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { inRoot, root } from '../lib/paths.mjs'
import { run, tail } from '../lib/process.mjs'

/**
 * @typedef {object} Crate
 * @property {string} name
 * @property {string} version
 * @property {boolean} isOurs
 * @property {string} licence An SPDX expression.
 * @property {string[]} authors
 * @property {string | null} repository
 * @property {string} dir Its sources on this machine.
 * @property {string | null} checksum SHA-256 of the package that cargo downloaded.
 * @property {string[]} dependsOn Keys of crates that are linked in as well.
 *
 * @typedef {object} Metadata What these scripts read of `cargo metadata`.
 * @property {{ id: string, name: string, version: string, license: string | null, authors: string[], repository: string | null, source: string | null, manifest_path: string }[]} packages
 * @property {{ nodes: { id: string, deps: { pkg: string, dep_kinds: { kind: string | null }[] }[] }[] }} resolve
 */

/** @param {{ name: string, version: string }} crate */
export const keyOf = ({ name, version }) => `${name}@${version}`

/** @param {readonly string[]} args */
async function cargo(args) {
  const { status, stdout, output } = await run('cargo', [...args, '--locked'], { cwd: root, timeout: 300_000 })
  if (status !== 0) throw new Error(`cargo ${args[0] ?? ''} failed (${status}):\n${tail(output, 20)}`)
  return stdout
}

/** @returns {Map<string, string>} */
function checksums() {
  const lock = readFileSync(inRoot('Cargo.lock'), 'utf8')
  const entries = lock.matchAll(/^name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "([0-9a-f]{64})"$/gm)
  return new Map([...entries].map(([, name, version, sum]) => [`${name}@${version}`, sum ?? '']))
}

/**
 * The crates that are linked into the binding for a target: not what only runs while building.
 * @param {string} triple
 * @returns {Promise<Crate[]>} By name, then version.
 */
export async function linkedCrates(triple) {
  const tree = await cargo(['tree', '-p', 'noxrun-node', '-e', 'normal,no-proc-macro', '--target', triple, '--prefix', 'none', '--format', '{p}'])
  const linked = new Set([...tree.matchAll(/^(\S+) v(\S+)/gm)].map(([, name, version]) => `${name}@${version}`))
  const { packages, resolve } = /** @type {Metadata} */ (JSON.parse(await cargo(['metadata', '--format-version', '1', '--filter-platform', triple])))
  const keys = new Map(packages.map((found) => [found.id, keyOf(found)]))
  const edges = new Map(resolve.nodes.map(({ id, deps }) => {
    const normal = deps.filter(({ dep_kinds: kinds }) => kinds.some(({ kind }) => kind === null))
    return [id, normal.map(({ pkg }) => keys.get(pkg) ?? '').filter((key) => linked.has(key))]
  }))
  const sums = checksums()
  const crates = packages.filter((found) => linked.has(keyOf(found))).map((found) => {
    if (found.license === null) throw new Error(`${keyOf(found)} names no licence: look what it is under, and whether it may ship`)
    return {
      name: found.name,
      version: found.version,
      isOurs: found.source === null,
      // Older crates write a slash.
      licence: found.license.replaceAll(/\s*\/\s*/g, ' OR '),
      authors: found.authors,
      repository: found.repository,
      dir: path.dirname(found.manifest_path),
      checksum: sums.get(keyOf(found)) ?? null,
      dependsOn: [...new Set(edges.get(found.id))].sort(),
    }
  })
  const unknown = [...linked].filter((key) => !crates.some((crate) => keyOf(crate) === key))
  if (unknown.length > 0) throw new Error(`cargo metadata does not know ${unknown.join(', ')}`)
  return crates.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/**
 * The licence texts that a crate ships; one that ships none has the MIT text with its authors' names.
 * @param {Crate} crate
 * @returns {string[]}
 */
export function licenceTexts(crate) {
  const names = readdirSync(crate.dir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|copyright|notice|unlicense)/i.test(entry.name))
    .map((entry) => entry.name).sort()
  if (names.length > 0) return names.map((name) => readFileSync(path.join(crate.dir, name), 'utf8').replaceAll('\r', '').trim())
  if (!/\bMIT\b/.test(crate.licence)) throw new Error(`${keyOf(crate)} (${crate.licence}) ships no licence text: add it to scripts/pack/crates.mjs`)
  return [mitText(crate.authors.map((author) => author.replace(/ *<.*>/, '')).join(', ') || `the authors of ${crate.name}`)]
}

/** @param {string} holders */
export function mitText(holders) {
  return readFileSync(inRoot('LICENSE-MIT'), 'utf8').replace(/^Copyright .*$/m, `Copyright (c) ${holders}`).trim()
}
