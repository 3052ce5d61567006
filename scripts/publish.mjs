// node scripts/publish.mjs DIR [--dry-run]: publishes the tarballs that scripts/pack.mjs left in DIR: the
// platforms' packages first, the root last, so that nobody gets a root whose platforms are not there.
// What is on the registry already is left out, so a release that broke off can be run again.
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { npmCommand } from './lib/npm.mjs'
import { run, tail } from './lib/process.mjs'

const ROOT = 'noxrun'
const usage = `usage: node scripts/publish.mjs DIR [--dry-run]
  DIR        has the tarballs of scripts/pack.mjs
  --dry-run  says what would be published, in which order`

/** @typedef {{ file: string, name: string, version: string, wants: Record<string, string> }} Tarball */

/** @param {readonly string[]} args */
function npm(args) {
  const [command, ...before] = npmCommand()
  return run(command, [...before, ...args])
}

/**
 * @param {string} dir
 * @returns {Promise<Tarball[]>}
 */
async function tarballs(dir) {
  if (!existsSync(dir)) throw new Error(`${dir} is not there: node scripts/pack.mjs makes it`)
  /** @type {Tarball[]} */
  const found = []
  for (const entry of readdirSync(dir).filter((name) => name.endsWith('.tgz')).sort()) {
    const file = path.join(dir, entry)
    const { status, stdout, output } = await run('tar', ['-xzOf', file, 'package/package.json'])
    if (status !== 0) throw new Error(`${file} has no package/package.json:\n${tail(output, 10)}`)
    const manifest = /** @type {{ name: string, version: string, private?: boolean, optionalDependencies?: Record<string, string> }} */ (JSON.parse(stdout))
    if (manifest.private) throw new Error(`${entry} is private: it was not made by scripts/pack.mjs`)
    found.push({ file, name: manifest.name, version: manifest.version, wants: manifest.optionalDependencies ?? {} })
  }
  return found
}

/**
 * The root last, and nothing that it asks for missing.
 * @param {readonly Tarball[]} found
 */
function inOrder(found) {
  const [root, ...more] = found.filter(({ name }) => name === ROOT)
  const platforms = found.filter(({ name }) => name !== ROOT)
  if (root === undefined || more.length > 0) throw new Error(`one tarball of ${ROOT} is needed, there are ${found.length - platforms.length}`)
  for (const [name, version] of Object.entries(root.wants)) {
    if (!platforms.some((one) => one.name === name && one.version === version)) throw new Error(`the root asks for ${name} ${version}, which is not in the folder`)
  }
  const strangers = platforms.filter(({ name }) => !(name in root.wants))
  if (strangers.length > 0) throw new Error(`the root does not ask for ${strangers.map(({ name }) => name).join(', ')}`)
  return [...platforms, root]
}

/** @param {Tarball} tarball */
async function isPublished({ name, version }) {
  const { status, stdout, output } = await npm(['view', `${name}@${version}`, 'version', '--json'])
  if (status === 0) return stdout.includes(version)
  // Any other failure must not pass for "not there".
  if (output.includes('E404')) return false
  throw new Error(`npm view ${name}@${version}:\n${tail(output, 15)}`)
}

/**
 * @param {string} dir
 * @param {boolean} dryRun
 */
async function main(dir, dryRun) {
  for (const tarball of inOrder(await tarballs(dir))) {
    const title = `${tarball.name} ${tarball.version}`
    if (!dryRun && await isPublished(tarball)) {
      console.log(`${title}: is on the registry`)
      continue
    }
    // A pre-release must not become what `npm install noxrun` gives.
    const tag = tarball.version.includes('-') ? 'next' : 'latest'
    const args = ['publish', tarball.file, '--access', 'public', '--tag', tag, ...(dryRun ? ['--dry-run'] : ['--provenance'])]
    const { status, output } = await npm(args)
    if (status !== 0) throw new Error(`${title}:\n${tail(output, 30)}`)
    console.log(`${title}: ${dryRun ? 'would be published' : 'published'} as ${tag}`)
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, strict: false, options: { 'dry-run': { type: 'boolean', default: false } } })
const [dir, ...more] = positionals
const unknown = Object.keys(values).filter((name) => name !== 'dry-run')
if (dir === undefined || more.length > 0 || unknown.length > 0) {
  console.error(usage)
  process.exit(2)
}
try {
  await main(path.resolve(dir), values['dry-run'] === true)
} catch (error) {
  console.error(`publish: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
