// node scripts/setup.mjs [--no-build]: makes a fresh checkout ready to run, with nothing but Node's own
// modules. A second run notices that all is done.
import path from 'node:path'
import process from 'node:process'
import { native, typescript } from './lib/build.mjs'
import { npmCommand } from './lib/npm.mjs'
import { inRoot, root } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { clearStamp, digest, isStamped, writeStamp } from './lib/stamp.mjs'
import { SetupError, done, step } from './lib/steps.mjs'
import { checkSystem } from './setup/system.mjs'
import { checkToolchain } from './setup/toolchain.mjs'

async function installPackages() {
  // Inside node_modules, so that whoever deletes that folder also deletes the claim that it is complete.
  const stamp = inRoot('node_modules', '.noxrun')
  const value = digest(['package.json', 'package-lock.json'], [process.platform, process.arch, process.versions.modules])
  if (isStamped(stamp, value)) {
    done('npm packages', 'up to date')
    return
  }
  clearStamp(stamp)
  const [command, ...before] = npmCommand()
  // NODE_ENV=production would leave out what the build itself needs.
  const args = [...before, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund']
  await step('npm packages', command, args, {
    log: 'npm', remedy: `Is the network there? By hand: (cd "${root}" && npm ci --include=dev)`,
  })
  writeStamp(stamp, value)
}

const startedAt = performance.now()
const unknown = process.argv.slice(2).filter((flag) => flag !== '--no-build')
if (unknown.length > 0) {
  console.error(`setup: unknown ${unknown.join(' ')}\nusage: node ${path.relative('.', process.argv[1] ?? '')} [--no-build]`)
  process.exit(2)
}
try {
  checkToolchain()
  await checkSystem()
  await installPackages()
  if (!process.argv.includes('--no-build')) {
    await bringUpToDate(native)
    await bringUpToDate(typescript)
  }
  console.log(`setup: ready (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`\nsetup: ${error.message}`)
  process.exitCode = 1
}
