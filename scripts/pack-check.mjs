// node scripts/pack-check.mjs: packs the package, installs the tarball offline into fresh folders and
// uses it there as an ES module, as CommonJS and from TypeScript.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { binOf, native, typescript } from './lib/build.mjs'
import { Checks } from './lib/checks.mjs'
import { inRoot, root } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { run, tail } from './lib/process.mjs'

const checks = new Checks('pack')
// The name has a space in it, as folders of real people do.
const scratch = mkdtempSync(path.join(tmpdir(), 'noxrun pack-'))
const consumers = inRoot('scripts', 'pack')

/**
 * Runs a program in a folder and returns its standard output; throws what it said when it failed.
 * @param {string} cwd
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<string>}
 */
async function must(cwd, command, args) {
  const { status, output, stdout, timedOut } = await run(command, args, {
    cwd,
    timeout: 120_000,
    // A module path or a checkout's own binding must not help the consumer.
    env: { NODE_PATH: undefined, NOXRUN_BINDING: undefined, npm_config_cache: path.join(scratch, 'empty cache') },
  })
  if (status !== 0) throw new Error(`${path.basename(command)} ${args.join(' ')} ${timedOut ? 'did not end by itself' : `failed (${status})`}:\n${tail(output, 30)}`)
  return stdout
}

/**
 * npm, started by this Node where npm says where it is.
 * @param {string} cwd
 * @param {readonly string[]} args
 */
function npm(cwd, args) {
  const script = process.env['npm_execpath']
  return script?.endsWith('js') ? must(cwd, process.execPath, [script, ...args]) : must(cwd, 'npm', args)
}

/**
 * A fresh folder with the package installed.
 * @param {string} name
 * @param {string} tarball
 * @param {readonly string[]} files Copied from scripts/pack.
 * @returns {Promise<string>}
 */
async function consumer(name, tarball, files) {
  const dir = path.join(scratch, name)
  mkdirSync(dir)
  writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ name, private: true }))
  await npm(dir, ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball])
  for (const file of files) cpSync(path.join(consumers, file), path.join(dir, file))
  return dir
}

/** @param {string} output */
function saysPlayed(output) {
  if (!output.includes('played and captured')) throw new Error(`it ended, but said: ${output}`)
}

/** @returns {Promise<string>} The tarball. */
async function pack() {
  const reports = /** @type {[{ filename: string, files: { path: string }[], size: number }]} */ (
    JSON.parse(await npm(root, ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch]))
  )
  const [report] = reports
  const files = report.files.map((file) => file.path)
  await checks.check('the tarball holds the binding, the types and the licences, and no source', () => {
    const wanted = ['dist/index.js', 'dist/index.d.ts', 'dist/src/testing.js', 'dist/src/testing.d.ts', 'dist/src/cli.js', 'binding.cjs', 'binding.d.cts', 'LICENSE-MIT', 'LICENSE-APACHE']
    const missing = wanted.filter((file) => !files.includes(file))
    if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}`)
    if (!files.some((file) => file.endsWith('.node'))) throw new Error("this platform's .node is missing")
    const strange = files.filter((file) => /^(crates|scripts|__test__|target|src)\//.test(file))
    if (strange.length > 0) throw new Error(`not wanted: ${strange.join(', ')}`)
    return `${files.length} files, ${(report.size / 1024).toFixed(0)} KiB`
  })
  await checks.check('nothing is needed at run time but the package itself', () => {
    const manifest = /** @type {Record<string, object | undefined>} */ (JSON.parse(readFileSync(inRoot('package.json'), 'utf8')))
    const needed = ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((key) => Object.keys(manifest[key] ?? {}))
    if (needed.length > 0) throw new Error(`depends on ${needed.join(', ')}`)
  })
  await checks.check('the lock file holds integrity and no address', () => {
    const lock = readFileSync(inRoot('package-lock.json'), 'utf8')
    if (lock.includes('"resolved"')) throw new Error('it has `resolved`: make it again with the .npmrc of this folder')
    const { packages } = /** @type {{ packages: Record<string, { integrity?: string }> }} */ (JSON.parse(lock))
    const without = Object.entries(packages).filter(([name, entry]) => name !== '' && entry.integrity === undefined)
    if (without.length > 0) throw new Error(`no integrity: ${without.map(([name]) => name).join(', ')}`)
  })
  return path.join(scratch, report.filename)
}

/** @param {string} dir */
function installNodeTypes(dir) {
  // What a consumer has from the registry; offline it comes from our own development folder.
  for (const name of ['@types/node', 'undici-types']) {
    cpSync(inRoot('node_modules', name), path.join(dir, 'node_modules', name), { recursive: true })
  }
}

try {
  await bringUpToDate(native, { quiet: true })
  await bringUpToDate(typescript, { quiet: true })
  const tarball = await pack()

  await checks.check('an ES module imports it by name, plays and captures', async () => {
    const dir = await consumer('esm', tarball, ['consumer.mjs'])
    saysPlayed(await must(dir, process.execPath, ['consumer.mjs']))
  })
  await checks.check('CommonJS requires it, plays and captures', async () => {
    const dir = await consumer('cjs', tarball, ['consumer.cjs'])
    saysPlayed(await must(dir, process.execPath, ['consumer.cjs']))
  })
  await checks.check('strict TypeScript compiles against it, both ways, and runs', async () => {
    const dir = await consumer('typescript', tarball, ['typed.mts', 'typed.cts'])
    installNodeTypes(dir)
    await must(dir, process.execPath, [
      binOf('typescript', 'tsc'), '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--target', 'es2022',
      '--module', 'node16', '--types', 'node', '--outDir', 'out', 'typed.mts', 'typed.cts',
    ])
    saysPlayed(await must(dir, process.execPath, ['out/typed.mjs']))
    saysPlayed(await must(dir, process.execPath, ['out/typed.cjs']))
  })
  await checks.check('the command line starts from an installed package', async () => {
    const dir = await consumer('cli', tarball, [])
    await must(dir, path.join(dir, 'node_modules', '.bin', 'noxrun'), ['devices', '--json'])
  })
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
checks.finish()
