// node scripts/publish.mjs DIR [--dry-run]: publishes the tarballs that scripts/pack.mjs left in DIR: the
// platforms' packages first, the root last, so that nobody gets a root whose platforms are not there.
// What is on the registry already is left out, so a release that broke off can be run again.
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { npmCommand } from './lib/npm.mjs'
import { ask, run, tail } from './lib/process.mjs'

/** @typedef {{ file: string, name: string, version: string, private?: boolean, optionalDependencies?: Record<string, string> }} Tarball */

/** @param {readonly string[]} args */
function npm(args) {
  const [command, ...before] = npmCommand()
  return run(command, [...before, ...args])
}

/**
 * The tarballs of a folder: the root last, and nothing that it asks for missing.
 * @param {string} dir
 * @returns {Tarball[]}
 */
function inOrder(dir) {
  const found = readdirSync(dir).filter((name) => name.endsWith('.tgz')).sort().map((name) => {
    const file = path.join(dir, name)
    const manifest = /** @type {Tarball} */ (JSON.parse(ask('tar', ['-xzOf', file, 'package/package.json']) ?? '{}'))
    if (manifest.private === true) throw new Error(`${name} is private: it was not made by scripts/pack.mjs`)
    return { ...manifest, file }
  })
  const [root, ...more] = found.filter(({ name }) => name === 'noxrun')
  const platforms = found.filter(({ name }) => name !== 'noxrun')
  if (root === undefined || more.length > 0) throw new Error(`one tarball of noxrun is needed, there are ${found.length - platforms.length}`)
  const wanted = root.optionalDependencies ?? {}
  for (const [name, version] of Object.entries(wanted)) {
    if (!platforms.some((one) => one.name === name && one.version === version)) throw new Error(`the root asks for ${name} ${version}, which is not in the folder`)
  }
  const strangers = platforms.filter(({ name }) => !(name in wanted))
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

const args = process.argv.slice(2)
const [dir, ...more] = args.filter((argument) => argument !== '--dry-run')
const dryRun = args.includes('--dry-run')
if (dir === undefined || more.length > 0 || !existsSync(dir)) {
  console.error('usage: node scripts/publish.mjs DIR [--dry-run]\nDIR has the tarballs of scripts/pack.mjs')
  process.exit(2)
}
try {
  for (const tarball of inOrder(dir)) {
    const title = `${tarball.name} ${tarball.version}`
    if (!dryRun && await isPublished(tarball)) {
      console.log(`${title}: is on the registry`)
      continue
    }
    // A pre-release must not become what `npm install noxrun` gives.
    const tag = tarball.version.includes('-') ? 'next' : 'latest'
    const { status, output } = await npm(['publish', tarball.file, '--access', 'public', '--tag', tag, dryRun ? '--dry-run' : '--provenance'])
    if (status !== 0) throw new Error(`${title}:\n${tail(output, 30)}`)
    console.log(`${title}: ${dryRun ? 'would be published' : 'published'} as ${tag}`)
  }
} catch (error) {
  console.error(`publish: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
