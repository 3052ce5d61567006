// A registry of npm packages on this machine, which has what was packed and nothing else. With it npm
// itself chooses among the platforms' packages, from the very tarballs that would be published.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { ask } from '../lib/process.mjs'

/** @typedef {{ name: string, version: string } & Record<string, unknown>} Manifest */

/**
 * @typedef {object} Registry
 * @property {string} url
 * @property {string[]} downloads File names of the tarballs that were fetched, in order.
 * @property {string[]} strangers Names that were asked for and are not ours.
 * @property {() => Promise<void>} close
 */

/**
 * @param {string} tarball
 * @returns {Manifest}
 */
function manifestIn(tarball) {
  const text = ask('tar', ['-xzOf', tarball, 'package/package.json'])
  if (text === null) throw new Error(`tar found no manifest in ${tarball}`)
  /** @type {Manifest} */
  const manifest = JSON.parse(text)
  return manifest
}

/** @param {Buffer} content */
function sums(content) {
  return {
    integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
    shasum: createHash('sha1').update(content).digest('hex'),
  }
}

/**
 * @param {readonly string[]} tarballs
 * @param {readonly Manifest[]} [onlyNamed] Packages whose tarball nobody has: npm learns from the manifest that they are for another platform.
 * @returns {Promise<Registry>}
 */
export async function startRegistry(tarballs, onlyNamed = []) {
  /** @type {Map<string, Buffer>} */
  const files = new Map()
  /** @type {Map<string, { manifest: Manifest, dist: Record<string, string> }>} */
  const packages = new Map()
  for (const tarball of tarballs) {
    const content = readFileSync(tarball)
    const manifest = manifestIn(tarball)
    files.set(path.basename(tarball), content)
    packages.set(manifest.name, { manifest, dist: { file: path.basename(tarball), ...sums(content) } })
  }
  for (const manifest of onlyNamed) packages.set(manifest.name, { manifest, dist: { file: `${manifest.name}.tgz` } })

  /** @type {string[]} */
  const downloads = []
  /** @type {string[]} */
  const strangers = []
  const server = createServer((request, response) => {
    const [kind, name = ''] = decodeURIComponent(request.url ?? '').slice(1).split(/\/(.*)/)
    const content = kind === 'tarballs' ? files.get(name) : undefined
    if (content !== undefined) {
      downloads.push(name)
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(content)
      return
    }
    const found = packages.get(kind ?? '')
    if (found === undefined) {
      strangers.push(request.url ?? '')
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}')
      return
    }
    const { manifest, dist: { file, ...checks } } = found
    const dist = { ...checks, tarball: `${url()}/tarballs/${file ?? ''}` }
    const versions = { [manifest.version]: { ...manifest, dist } }
    const document = { name: manifest.name, 'dist-tags': { latest: manifest.version }, versions }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  })
  const url = () => {
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port ?? 0 : 0}`
  }
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  return {
    url: url(), downloads, strangers,
    close: () => new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    }),
  }
}
