// node scripts/pack.mjs: packs the root and one package for each platform whose binary is here, as they
// are published.
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { inRoot } from './lib/paths.mjs'
import { packageName } from './pack/platforms.mjs'
import { packAll } from './pack/stage.mjs'

const usage = `usage: node scripts/pack.mjs [--out DIR] [--binaries DIR] [--repository URL] [--complete]
  --out DIR         where the tarballs go (default target/packed)
  --binaries DIR    where the binaries are: DIR/<id>/noxrun.<id>.node or DIR/noxrun.<id>.node
                    (default target/cross/<id>/, then the checkout's top folder)
  --repository URL  for publishing with provenance: names the repository in every manifest
  --complete        fail when a platform's binary is missing`

function options() {
  try {
    const text = /** @type {const} */ ({ type: 'string' })
    return parseArgs({ options: { out: text, binaries: text, repository: text, complete: { type: 'boolean' } } }).values
  } catch (error) {
    console.error(`pack: ${error instanceof Error ? error.message : String(error)}\n${usage}`)
    process.exit(2)
  }
}

/** @param {number} bytes */
const size = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`
/** @param {import('./pack/stage.mjs').Packed} packed */
const line = (packed) => `pack: ${path.relative('.', packed.file)}: ${size(packed.size)}, unpacked ${size(packed.unpackedSize)}`

const { out = inRoot('target', 'packed'), binaries, repository, complete } = options()
const { root, built, lacking } = await packAll({
  out: path.resolve(out),
  ...(binaries !== undefined && { binaries: path.resolve(binaries) }),
  ...(repository !== undefined && { repository }),
})
console.log(line(root))
for (const { packed, binary } of built) console.log(`${line(packed)}, from ${path.relative('.', binary)}`)
if (lacking.length > 0) console.log(`pack: no binary was found for ${lacking.map(packageName).join(', ')}`)
if (complete && lacking.length > 0) process.exitCode = 1
