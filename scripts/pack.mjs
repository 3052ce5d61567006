// node scripts/pack.mjs: packs the root and one package for each platform whose binary is here, as they
// are published. `--write-manifests` writes npm/ anew from the table of platforms instead.
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { inRoot, root } from './lib/paths.mjs'
import { SetupError } from './lib/steps.mjs'
import { packAll } from './pack/all.mjs'
import { writePlatforms } from './pack/manifests.mjs'
import { packageName } from './pack/platforms.mjs'

const usage = `usage: node scripts/pack.mjs [--out DIR] [--binaries DIR] [--repository URL] [--complete]
       node scripts/pack.mjs --write-manifests
  --out DIR         where the tarballs go (default target/packed)
  --binaries DIR    where the binaries are: DIR/<id>/noxrun.<id>.node or DIR/noxrun.<id>.node
                    (default target/cross/<id>/, then the checkout's top folder)
  --repository URL  for publishing with provenance: names the repository in every manifest
  --complete        fail when a platform's binary is missing`

/** @param {number} bytes */
const size = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`
/** @param {string} file */
const shown = (file) => file.startsWith(root + path.sep) ? path.relative(root, file) : file

function options() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: inRoot('target', 'packed') },
      binaries: { type: 'string' },
      repository: { type: 'string' },
      complete: { type: 'boolean', default: false },
      'write-manifests': { type: 'boolean', default: false },
    },
  })
  return values
}

/** @param {ReturnType<typeof options>} given */
async function main({ out, binaries, repository, complete, 'write-manifests': write }) {
  if (write) {
    writePlatforms()
    console.log('pack: npm/ is what the table of platforms says')
    return
  }
  const { root: main, built, lacking } = await packAll({
    out: path.resolve(out),
    ...(binaries !== undefined && { binaries: path.resolve(binaries) }),
    ...(repository !== undefined && { repository }),
  })
  console.log(`pack: ${shown(main.file)}: ${size(main.size)}, unpacked ${size(main.unpackedSize)}`)
  for (const { packed, binary } of built) {
    console.log(`pack: ${shown(packed.file)}: ${size(packed.size)}, unpacked ${size(packed.unpackedSize)}, from ${shown(binary)}`)
  }
  if (lacking.length > 0) console.log(`pack: no binary was found for ${lacking.map(packageName).join(', ')}`)
  if (complete && lacking.length > 0) process.exitCode = 1
}

let given
try {
  given = options()
} catch (error) {
  console.error(`pack: ${error instanceof Error ? error.message : String(error)}\n${usage}`)
  process.exit(2)
}
try {
  await main(given)
} catch (error) {
  // A broken promise of ours shows its stack; what the person can solve does not need one.
  console.error(`pack: ${error instanceof SetupError ? error.message : error instanceof Error ? error.stack : String(error)}`)
  process.exitCode = 1
}
