// The installed package in use: as an ES module, as CommonJS, from TypeScript and from the shell.
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { binOf } from '../lib/build.mjs'
import { inRoot } from '../lib/paths.mjs'
import { saysPlayed } from './consumers.mjs'

/**
 * @typedef {import('./consumers.mjs').Consumers} Consumers
 * @typedef {import('../lib/checks.mjs').Checks} Checks
 */

/**
 * Plays a known signal and captures it back, by `import` and by `require`.
 * @param {Consumers} consumers
 * @param {string} dir Has consumer.mjs and consumer.cjs.
 * @param {string} command Starts Node.
 * @param {readonly string[]} before Arguments that stand before the program.
 */
export async function playAndCapture(consumers, dir, command, before = []) {
  for (const program of ['consumer.mjs', 'consumer.cjs']) saysPlayed(await consumers.must(dir, command, [...before, program]))
}

/** @param {string} dir */
function installNodeTypes(dir) {
  // What a consumer has from the public registry comes from our own development folder.
  for (const name of ['@types/node', 'undici-types']) {
    cpSync(inRoot('node_modules', name), path.join(dir, 'node_modules', name), { recursive: true })
  }
}

/**
 * @param {Consumers} consumers
 * @param {Checks} checks
 * @param {readonly string[]} compilers Names in our node_modules.
 */
export async function checkTypescript(consumers, checks, compilers) {
  const dir = await consumers.install('typescript', { files: ['typed.mts', 'typed.cts'] })
  installNodeTypes(dir)
  for (const compiler of compilers) {
    const out = `out ${compiler}`
    mkdirSync(path.join(dir, out))
    await checks.check(`strict TypeScript compiles against it, both ways, and runs: ${compiler}`, async () => {
      const tsc = binOf(compiler, 'tsc')
      await consumers.must(dir, process.execPath, [
        tsc, '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--target', 'es2022',
        '--module', 'node16', '--types', 'node', '--outDir', out, 'typed.mts', 'typed.cts',
      ])
      for (const program of ['typed.mjs', 'typed.cjs']) saysPlayed(await consumers.must(dir, process.execPath, [path.join(out, program)]))
      return (await consumers.must(dir, process.execPath, [tsc, '--version'])).trim()
    })
  }
}

/**
 * The package as most have it: this platform, this Node.
 * @param {Consumers} consumers
 * @param {Checks} checks
 * @param {import('./registry.mjs').Registry} registry
 * @param {import('../pack/platforms.mjs').Platform} platform The one of this machine.
 * @returns {Promise<string>} The folder.
 */
export async function checkOrdinary(consumers, checks, registry, platform) {
  const dir = await consumers.install('ordinary', { files: ['consumer.mjs', 'consumer.cjs'] })
  await checks.check("npm installs noxrun and this platform's package, and asks for nothing else", () => {
    const installed = readdirSync(path.join(dir, 'node_modules')).filter((name) => !name.startsWith('.')).sort()
    const wanted = ['noxrun', `noxrun-${platform.id}`]
    if (installed.join() !== wanted.join()) throw new Error(`installed: ${installed.join(', ')}`)
    if (registry.strangers.length > 0) throw new Error(`asked for ${registry.strangers.join(', ')}`)
    return `${registry.downloads.length} downloads`
  })
  await checks.check('it plays and captures, imported and required', () => playAndCapture(consumers, dir, process.execPath))
  await checks.check('the command line starts from an installed package', async () => {
    await consumers.must(dir, path.join(dir, 'node_modules', '.bin', 'noxrun'), ['devices', '--json'])
  })
  return dir
}
