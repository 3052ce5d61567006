// node scripts/ship-check.mjs [--no-build]: packs everything as it is published, installs it with npm from
// a registry on this machine, without any script being run, and proves that it works: on three releases of
// Node, on arm64, and that installs which went wrong say what to do. `--no-build` takes the binaries
// that are there.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { emulated } from './cross/qemu.mjs'
import { targets } from './cross/targets.mjs'
import { Checks } from './lib/checks.mjs'
import { nodeBinary } from './lib/node-binaries.mjs'
import { inRoot } from './lib/paths.mjs'
import { run, tail } from './lib/process.mjs'
import { packAll } from './pack/all.mjs'
import { packageName, platforms } from './pack/platforms.mjs'
import { Consumers } from './ship/consumers.mjs'
import { checkManifests, checkPlatform, checkRoot } from './ship/content.mjs'
import { checkFailures } from './ship/failures.mjs'
import { checkFigures, printImportTime } from './ship/figures.mjs'
import { platformHere, registryOf } from './ship/here.mjs'
import { standIn } from './ship/stand-in.mjs'
import { checkNpmCi, checkWithLinters } from './ship/tools.mjs'
import { checkOrdinary, checkTypescript, playAndCapture } from './ship/use.mjs'

/** The platforms that this must prove; those of others are packed when their binary is here. */
const PROVEN = ['linux-x64-gnu', 'linux-arm64-gnu']
const NODES = ['20', '22', '24']

const args = process.argv.slice(2)
if (args.some((argument) => argument !== '--no-build')) {
  console.error('usage: node scripts/ship-check.mjs [--no-build]')
  process.exit(2)
}
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error('ship-check: this runs on x64 Linux only, where it can build for and emulate the others')
  process.exit(1)
}

const checks = new Checks('ship')
const scratch = mkdtempSync(path.join(tmpdir(), 'noxrun-ship-'))

/** @param {string} id */
async function buildFor(id) {
  const { status, output } = await run(process.execPath, [inRoot('scripts', 'cross.mjs'), id], { stream: true, timeout: 60 * 60_000 })
  if (status !== 0) throw new Error(`scripts/cross.mjs ${id} failed:\n${tail(output, 20)}`)
}

/**
 * @param {Consumers} consumers
 * @param {import('./pack/all.mjs').PackedAll} packed
 */
async function checkEmulated(consumers, packed) {
  for (const { platform } of packed.built) {
    const target = targets.find(({ id }) => id === platform.id)
    if (platform.id === platformHere().id || target === undefined) continue
    await checks.check(`${packageName(platform)}: it plays and captures, under the emulator`, async () => {
      const machine = await emulated(target)
      const dir = await consumers.install(platform.id, { files: ['consumer.mjs', 'consumer.cjs'], args: [`--cpu=${platform.cpu}`] })
      const here = await consumers.must(dir, machine.node, ['--print', 'process.version + " " + process.arch'])
      await playAndCapture(consumers, dir, machine.node)
      return `Node ${here.trim()}`
    })
  }
}

try {
  if (!args.includes('--no-build')) {
    for (const id of PROVEN) await checks.check(`scripts/cross.mjs builds ${id}`, () => buildFor(id))
  }
  const packed = await packAll({ out: inRoot('target', 'packed') })
  for (const { platform, binary } of packed.built) console.log(`    ${packageName(platform)}: from ${path.relative('.', binary)}`)
  if (packed.lacking.length > 0) console.log(`    not here, so not proven: ${packed.lacking.map(packageName).join(', ')}`)
  await checks.check('the binaries that must be proven are here', () => {
    const without = PROVEN.filter((id) => !existsSync(inRoot('target', 'cross', id)))
    if (without.length > 0) throw new Error(`target/cross lacks ${without.join(', ')}: run "node scripts/cross.mjs ${without.join(' ')}"`)
  })

  await checkManifests(checks)
  await checkRoot(checks, packed.root)
  for (const { platform, packed: one, binary } of packed.built) await checkPlatform(checks, platform, one, readFileSync(binary))
  await checkFigures(checks, packed)
  await checkWithLinters(checks, packed.root, packed.built.map((one) => one.packed))

  const here = platformHere()
  const otherLibc = platforms.find(({ id }) => id === 'linux-x64-musl')
  if (otherLibc === undefined) throw new Error('the table has no platform with musl')
  const otherCpu = packed.built.find(({ platform }) => platform.id === 'linux-arm64-gnu')?.platform ?? null
  const registry = await registryOf(await standIn(packed, otherLibc, scratch))
  const consumers = new Consumers(registry)
  try {
    const dir = await checkOrdinary(consumers, checks, registry, here)
    printImportTime(dir)
    for (const version of NODES) {
      await checks.check(`Node ${version} plays and captures in a folder of its own`, async () => {
        const node = await nodeBinary(version, 'x64')
        const own = await consumers.install(`node ${version}`, { files: ['consumer.mjs', 'consumer.cjs'] })
        await playAndCapture(consumers, own, node)
        return (await consumers.must(own, node, ['--version'])).trim()
      })
    }
    await checkTypescript(consumers, checks, ['typescript-5', 'typescript'])
    await checkEmulated(consumers, packed)
    await checkFailures(consumers, checks, here, { otherLibc, otherCpu })
    await checks.check('npm asked for nothing but noxrun and its platforms', () => {
      if (registry.strangers.length > 0) throw new Error(registry.strangers.join(', '))
      return `${registry.downloads.length} downloads`
    })
  } finally {
    consumers.remove()
    await registry.close()
  }
  await checkNpmCi(checks, scratch, ['10', '11'])
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
checks.finish()
