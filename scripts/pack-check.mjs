// node scripts/pack-check.mjs [--ship]: packs everything as it is published, looks at what the packages
// hold, installs them with npm from a registry on this machine, without any script being run, and uses them.
// --ship, before a release: also what cross builds have left in target/cross, three releases of Node, the
// oldest TypeScript, another processor under the emulator, and an install that goes wrong.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { emulated } from './cross/qemu.mjs'
import { targets } from './cross/targets.mjs'
import { Checks } from './lib/checks.mjs'
import { nodeBinary } from './lib/node-binaries.mjs'
import { packageName } from './pack/platforms.mjs'
import { checkManifests, checkPlatform, checkRoot, checkWithLinters } from './ship/content.mjs'
import { packedHere } from './ship/packed.mjs'
import { checkOmitted, checkOrdinary, checkTypescript, playAndCapture } from './ship/use.mjs'

const args = process.argv.slice(2)
if (args.some((argument) => argument !== '--ship')) {
  console.error('usage: node scripts/pack-check.mjs [--ship]')
  process.exit(2)
}
const isShip = args.includes('--ship')
const checks = new Checks(isShip ? 'ship' : 'pack')
const packed = await packedHere({ all: isShip })
const { consumers, registry, here } = packed
const files = ['consumer.mjs', 'consumer.cjs']
try {
  await checkManifests(checks)
  await checkRoot(checks, packed.root)
  for (const { platform, packed: one, binary } of packed.built) await checkPlatform(checks, platform, one, readFileSync(binary))
  await checkWithLinters(checks, packed.root, packed.built.map((one) => one.packed))
  await checkOrdinary(consumers, checks, registry, here)
  await checkTypescript(consumers, checks, isShip ? ['typescript-oldest', 'typescript'] : ['typescript'])
  if (isShip) {
    if (packed.lacking.length > 0) checks.skip(packed.lacking.map(packageName).join(', '), 'their binaries are not here: npm run cross makes them')
    for (const version of ['20', '22', '24']) {
      await checks.check(`Node ${version} plays and captures in a folder of its own`, async () => {
        const node = await nodeBinary(version, /** @type {'x64' | 'arm64'} */ (process.arch))
        const dir = await consumers.install(`node ${version}`, { files })
        await playAndCapture(consumers, dir, node)
        return (await consumers.must(dir, node, ['--version'])).trim()
      })
    }
    for (const { platform } of packed.built) {
      const target = targets.find(({ id, glibc }) => id === platform.id && glibc !== null)
      if (platform === here || target === undefined) continue
      await checks.check(`${packageName(platform)}: it plays and captures, under the emulator`, async () => {
        const { node } = await emulated(target)
        const dir = await consumers.install(platform.id, { files, args: [`--cpu=${platform.cpu}`] })
        await playAndCapture(consumers, dir, node)
        return (await consumers.must(dir, node, ['--print', 'process.version + " " + process.arch'])).trim()
      })
    }
    await checkOmitted(consumers, checks, here)
  }
  await checks.check('npm asked for nothing but noxrun and its platforms', () => {
    if (registry.strangers.length > 0) throw new Error(registry.strangers.join(', '))
  })
} finally {
  await packed.close()
}
checks.finish()
