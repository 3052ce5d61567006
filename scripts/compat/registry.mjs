// A registry on this machine that has nothing but our tarballs: package managers install from it as
// they will from the real one, by name.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { inRoot } from '../lib/paths.mjs'
import { ask } from '../lib/process.mjs'

/**
 * @typedef {{ name: string, version: string, optionalDependencies?: Record<string, string> }} Manifest
 *
 * @typedef {object} Registry
 * @property {string} url
 * @property {string[]} asked Every path that was asked for, in order.
 * @property {() => Promise<void>} close
 */

/**
 * @param {string} tarball
 * @returns {Manifest}
 */
function manifestIn(tarball) {
  const text = ask('tar', ['-xzOf', tarball, 'package/package.json'])
  if (text === null) throw new Error(`${tarball} holds no package.json`)
  const manifest = /** @type {Manifest} */ (JSON.parse(text))
  return manifest
}

/**
 * Platform packages that were not built here: a manager that respects `os`, `cpu` and `libc` reads of
 * them, and never fetches them.
 * @param {Manifest} root
 * @param {ReadonlySet<string>} built
 * @returns {Manifest[]}
 */
function onlyDescribed(root, built) {
  return Object.keys(root.optionalDependencies ?? {}).filter((name) => !built.has(name)).map((name) => {
    const file = inRoot('npm', name.replace(/^noxrun-/, ''), 'package.json')
    const manifest = /** @type {Manifest} */ (JSON.parse(readFileSync(file, 'utf8')))
    return { ...manifest, version: root.version }
  })
}

/**
 * @param {readonly string[]} tarballs
 * @returns {Promise<Registry>}
 */
export async function startRegistry(tarballs) {
  /** @type {string[]} */
  const asked = []
  const packed = tarballs.map((file) => ({ manifest: manifestIn(file), file, content: readFileSync(file) }))
  const root = packed.find(({ manifest }) => manifest.name === 'noxrun')?.manifest
  if (root === undefined) throw new Error('the package itself is not among the tarballs')
  const described = onlyDescribed(root, new Set(packed.map(({ manifest }) => manifest.name)))
  let url = ''
  const server = createServer((request, response) => {
    const wanted = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/').slice(1)
    asked.push(wanted)
    const tarball = packed.find(({ file }) => path.basename(file) === path.basename(wanted) && wanted.includes('/-/'))
    if (tarball) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarball.content)
      return
    }
    const found = packed.find(({ manifest }) => manifest.name === wanted)
    const manifest = found?.manifest ?? described.find(({ name }) => name === wanted)
    if (!manifest) {
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ error: 'not found' }))
      return
    }
    const content = found?.content ?? Buffer.from('nobody is to fetch this')
    const file = found ? path.basename(found.file) : `${manifest.name}-${manifest.version}.tgz`
    const dist = {
      tarball: `${url}/${manifest.name}/-/${file}`,
      integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
      shasum: createHash('sha1').update(content).digest('hex'),
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({
      _id: manifest.name, name: manifest.name, 'dist-tags': { latest: manifest.version },
      versions: { [manifest.version]: { ...manifest, _id: `${manifest.name}@${manifest.version}`, dist } },
      time: { created: '2026-01-01T00:00:00.000Z', modified: '2026-01-01T00:00:00.000Z', [manifest.version]: '2026-01-01T00:00:00.000Z' },
    }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the registry has no port')
  url = `http://127.0.0.1:${address.port}`
  return {
    url, asked,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
