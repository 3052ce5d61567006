// node scripts/pack-check.mjs: packs the root and this platform's package from this checkout's own
// build, looks at what they hold, installs them into fresh folders and uses them there. The quick part of
// scripts/ship-check.mjs.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { native } from './lib/build.mjs'
import { Checks } from './lib/checks.mjs'
import { root } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { packAll } from './pack/all.mjs'
import { Consumers } from './ship/consumers.mjs'
import { checkManifests, checkPlatform, checkRoot } from './ship/content.mjs'
import { platformHere, registryOf } from './ship/here.mjs'
import { checkOrdinary, checkTypescript } from './ship/use.mjs'

if (process.argv.length > 2) {
  console.error('usage: node scripts/pack-check.mjs')
  process.exit(2)
}
const checks = new Checks('pack')
const out = mkdtempSync(path.join(tmpdir(), 'noxrun-packed-'))
try {
  await bringUpToDate(native, { quiet: true })
  const platform = platformHere()
  const packed = await packAll({ out, binaries: root, only: ({ id }) => id === platform.id })
  const [built] = packed.built
  if (built === undefined) throw new Error(`there is no binary for ${platform.title}: run "npm run build:native"`)
  await checkManifests(checks)
  await checkRoot(checks, packed.root)
  await checkPlatform(checks, platform, built.packed, readFileSync(built.binary))
  const registry = await registryOf(packed)
  const consumers = new Consumers(registry)
  try {
    await checkOrdinary(consumers, checks, registry, platform)
    await checkTypescript(consumers, checks, ['typescript'])
  } finally {
    consumers.remove()
    await registry.close()
  }
} finally {
  rmSync(out, { recursive: true, force: true })
}
checks.finish()
