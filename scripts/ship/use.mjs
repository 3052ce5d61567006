// The installed package in use: as an ES module, as CommonJS, from TypeScript and from the shell.
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { binOf } from '../lib/build.mjs'
import { inRoot } from '../lib/paths.mjs'

/**
 * @typedef {import('./consumers.mjs').Consumers} Consumers
 * @typedef {import('../lib/checks.mjs').Checks} Checks
 */

/**
 * @param {Consumers} consumers
 * @param {string} dir
 * @param {string} command Starts Node.
 * @param {readonly string[]} program With what stands before it.
 */
export async function plays(consumers, dir, command, program) {
  const output = await consumers.must(dir, command, program)
  if (!output.includes('played and captured')) throw new Error(`it ended, but said: ${output}`)
}

/**
 * Plays a known signal and captures it back, by `import` and by `require`.
 * @param {Consumers} consumers
 * @param {string} dir Has consumer.mjs and consumer.cjs.
 * @param {string} command Starts Node.
 * @param {readonly string[]} [before] Arguments that stand before the program.
 */
export async function playAndCapture(consumers, dir, command, before = []) {
  for (const program of ['consumer.mjs', 'consumer.cjs']) await plays(consumers, dir, command, [...before, program])
}

/**
 * @param {Consumers} consumers
 * @param {Checks} checks
 * @param {readonly string[]} compilers Names in our node_modules.
 */
export async function checkTypescript(consumers, checks, compilers) {
  const dir = await consumers.install('typescript', { files: ['typed.mts', 'typed.cts'] })
  // What a consumer has from the public registry comes from our own development folder.
  for (const name of ['@types/node', 'undici-types']) cpSync(inRoot('node_modules', name), path.join(dir, 'node_modules', name), { recursive: true })
  for (const compiler of compilers) {
    const out = `out ${compiler}`
    mkdirSync(path.join(dir, out))
    await checks.check(`strict TypeScript compiles against it, both ways, and runs: ${compiler}`, async () => {
      const tsc = binOf(compiler, 'tsc')
      const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false', '--target', 'es2022', '--types', 'node']
      await consumers.must(dir, process.execPath, [tsc, ...strict, '--module', 'node16', '--outDir', out, 'typed.mts', 'typed.cts'])
      for (const program of ['typed.mjs', 'typed.cjs']) await plays(consumers, dir, process.execPath, [path.join(out, program)])
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
 */
export async function checkOrdinary(consumers, checks, registry, platform) {
  const dir = await consumers.install('ordinary', { files: ['consumer.mjs', 'consumer.cjs'] })
  await checks.check("npm installs noxrun and this platform's package, and fetches nothing else", () => {
    const installed = readdirSync(path.join(dir, 'node_modules')).filter((name) => !name.startsWith('.')).sort()
    const wanted = ['noxrun', `noxrun-${platform.id}`]
    if (installed.join() !== wanted.join()) throw new Error(`installed: ${installed.join(', ')}`)
    if (registry.downloads.length !== wanted.length) throw new Error(`fetched: ${registry.downloads.join(', ')}`)
  })
  await checks.check('it plays and captures, imported and required', () => playAndCapture(consumers, dir, process.execPath))
  await checks.check('the command line starts from an installed package', async () => {
    await consumers.must(dir, path.join(dir, 'node_modules', '.bin', 'noxrun'), ['devices', '--json'])
  })
}

/**
 * The install that goes wrong most often, made by npm itself. What the loader says of all others is in
 * __test__/loader.test.ts.
 * @param {Consumers} consumers
 * @param {Checks} checks
 * @param {import('../pack/platforms.mjs').Platform} platform This machine's.
 */
export async function checkOmitted(consumers, checks, { id }) {
  await checks.check('installed with --omit=optional: one error names the package and the remedy, and that remedy helps', async () => {
    const dir = await consumers.install('omit optional', { args: ['--omit=optional'] })
    const said = await consumers.must(dir, process.execPath, ['--input-type=module', '--eval', "import('noxrun').catch((error) => console.log(`${error.code} ${error.message}`))"])
    const unsaid = ['ERR_UNSUPPORTED_PLATFORM', `noxrun-${id}`, '--include=optional'].filter((text) => !said.includes(text))
    if (unsaid.length > 0) throw new Error(`it does not say ${unsaid.join(', ')}: ${said}`)
    await consumers.npm(dir, ['install', '--ignore-scripts', '--include=optional'])
    await consumers.must(dir, process.execPath, ['--eval', "require('noxrun')"])
  })
}
