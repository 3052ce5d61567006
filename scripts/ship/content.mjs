// What the packages hold, before anybody installs them: manifests that agree, the right files, nothing
// that runs at install, notices and parts list that name every crate.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { binOf } from '../lib/build.mjs'
import { inRoot, root } from '../lib/paths.mjs'
import { ask, run, tail } from '../lib/process.mjs'
import { LICENCES, NOTICES, SBOM, rootManifest } from '../pack/manifests.mjs'
import { binaryName, packageName, platforms } from '../pack/platforms.mjs'
import { cratesNamedIn } from '../pack/std.mjs'

/**
 * @typedef {import('../lib/checks.mjs').Checks} Checks
 * @typedef {import('../pack/stage.mjs').Packed} Packed
 * @typedef {import('../pack/platforms.mjs').Platform} Platform
 * @typedef {{ components: { 'bom-ref': string, name: string, version?: string }[] }} Bom
 */

/** What Node-API offers around foreign memory: Electron, whose memory is in a cage, forbids it. */
const FORBIDDEN = ['napi_create_external_arraybuffer', 'napi_create_external_buffer', 'node_api_create_external_']

/**
 * @param {string} what
 * @param {readonly string[]} wrong
 */
function none(what, wrong) {
  if (wrong.length > 0) throw new Error(`${what}: ${wrong.join(', ')}`)
}

/** @param {readonly string[]} a @param {readonly string[]} b */
const same = (a, b) => [...a].sort().join() === [...b].sort().join()

/**
 * A text in a tarball.
 * @param {Packed} packed
 * @param {string} file
 */
function textIn(packed, file) {
  const text = ask('tar', ['-xzOf', packed.file, `package/${file}`])
  if (text === null) throw new Error(`${packed.name} has no ${file}`)
  return text
}

/** @param {Checks} checks */
export async function checkManifests(checks) {
  await checks.check('the loader, the manifest and the table name the same platforms', () => {
    const list = /const PLATFORMS = \[([^\]]+)\]/.exec(readFileSync(inRoot('binding.cjs'), 'utf8'))?.[1] ?? ''
    const ids = [...list.matchAll(/'([\w-]+)'/g)].map((match) => match[1] ?? '')
    if (!same(ids, platforms.map(({ id }) => id))) throw new Error(`binding.cjs names ${ids.join(', ')}`)
    const { targets } = rootManifest().napi
    if (!same(targets, platforms.map(({ triple }) => triple))) throw new Error(`package.json's napi.targets are ${targets.join(', ')}`)
  })
  await checks.check('the committed manifest has no platform packages, and the lock file no address', () => {
    const manifest = /** @type {Record<string, object | undefined>} */ (JSON.parse(readFileSync(inRoot('package.json'), 'utf8')))
    none('it depends on', ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((key) => Object.keys(manifest[key] ?? {})))
    const lock = readFileSync(inRoot('package-lock.json'), 'utf8')
    if (lock.includes('"resolved"')) throw new Error('the lock file has `resolved`: make it again with the .npmrc of this folder')
    const { packages } = /** @type {{ packages: Record<string, { integrity?: string }> }} */ (JSON.parse(lock))
    none('no integrity', Object.entries(packages).filter(([name, entry]) => name !== '' && entry.integrity === undefined).map(([name]) => name))
  })
}

/** @param {Checks} checks @param {Packed} packed */
export async function checkRoot(checks, packed) {
  await checks.check('the root holds the loader, the types and the licences, no source and no binary', () => {
    const entries = ['dist/index', 'dist/src/testing'].flatMap((name) => ['.js', '.d.ts', '.mjs', '.d.mts'].map((ending) => name + ending))
    const wanted = [...entries, 'dist/noxrun.js', 'dist/noxrun.js.map', 'dist/src/cli.js', 'binding.cjs', 'binding.d.cts', 'README.md', ...LICENCES]
    none('missing', wanted.filter((file) => !packed.files.includes(file)))
    none('not wanted', packed.files.filter((file) => /^(crates|scripts|__test__|target|src)\/|\.node$/.test(file)))
    return `${packed.files.length} files, ${(packed.size / 1024).toFixed(0)} KiB`
  })
  await checks.check('the root runs nothing at install and depends on the platforms at exactly its version', () => {
    /** @type {{ version: string, optionalDependencies: Record<string, string> }} */
    const manifest = JSON.parse(textIn(packed, 'package.json'))
    none('not for publishing', ['private', 'scripts', 'devDependencies', 'dependencies', 'overrides', 'workspaces'].filter((field) => field in manifest))
    const { optionalDependencies, version } = manifest
    if (!same(Object.keys(optionalDependencies), platforms.map(packageName))) throw new Error('optionalDependencies are others than the table')
    none('another version', Object.entries(optionalDependencies).filter(([, wanted]) => wanted !== version).map(([name]) => name))
  })
}

/**
 * The crates that are really linked in: from cargo, asked in another way than the pack script does.
 * @param {Platform} platform
 */
async function cratesOf(platform) {
  const args = ['tree', '-p', 'noxrun-node', '-e', 'no-build,no-dev,no-proc-macro', '--target', platform.triple, '--prefix', 'none', '--no-dedupe', '--format', '{p}', '--locked']
  const { stdout } = await run('cargo', args, { cwd: root, timeout: 120_000 })
  return [...new Set([...stdout.matchAll(/^(\S+) v(\S+)( \(\/)?/gm)].map(([, name, version, path]) => `${name}@${version}${path ? ' ours' : ''}`))]
}

/**
 * @param {Checks} checks
 * @param {Platform} platform
 * @param {Packed} packed
 * @param {Buffer} binary
 */
export async function checkPlatform(checks, platform, packed, binary) {
  const bomText = textIn(packed, SBOM)
  const { components: listed } = /** @type {Bom} */ (JSON.parse(bomText))
  await checks.check(`${packed.name}: the binary, the notices, the parts list, the licences and nothing else`, () => {
    const wanted = ['package.json', 'README.md', binaryName(platform), NOTICES, SBOM, ...LICENCES]
    if (!same(packed.files, wanted)) throw new Error(`it holds ${packed.files.join(', ')}`)
    return `${(packed.unpackedSize / 1e6).toFixed(2)} MB`
  })
  await checks.check(`${packed.name}: notices and parts list name every crate in the binary`, async () => {
    const crates = await cratesOf(platform)
    if (crates.length < 20) throw new Error(`cargo tree names only ${crates.length} crates`)
    const text = textIn(packed, NOTICES)
    const refs = new Set(listed.map((component) => component['bom-ref']))
    const others = crates.filter((crate) => !crate.endsWith(' ours'))
    none('not in the parts list', crates.map((crate) => crate.replace(' ours', '')).filter((crate) => !refs.has(crate)))
    none('not in the notices', others.filter((crate) => !text.includes(`\n- ${crate.replace('@', ' ')}: `)))
    none('without a licence text', others.filter((crate) => !new RegExp(`^### (.*, )?${crate.replace('@', ' ').replaceAll('.', '\\.')}(,|$)`, 'm').test(text)))
    const mpl = text.split(/^## /m).find((part) => part.startsWith('Under the Mozilla')) ?? ''
    none('under the MPL, and not named apart with its source', others.filter((crate) => crate.startsWith('symphonia') && !mpl.includes(`\n- ${crate.replace('@', ' ')}: MPL-2.0, https://`)))
    return `${crates.length} crates, ${others.length} of them others' work`
  })
  await checks.check(`${packed.name}: the binary itself names no crate that is not listed`, () => {
    const named = cratesNamedIn(binary)
    if (named.length < 5) throw new Error(`only ${named.length} crates are named in the binary: can this check still see?`)
    const missing = named.filter(({ name, version }) => !listed.some((part) => part.name === name && part.version === version))
    none('not in the parts list', missing.map(({ name, version }) => `${name} ${version}`))
    return `${named.length} named`
  })
  await checks.check(`${packed.name}: Electron's rule: the binary knows no function that makes buffers around its own memory`, () => {
    if (!binary.includes('napi_create_arraybuffer')) throw new Error('it makes no arrays at all: can this check still see?')
    none('it knows', FORBIDDEN.filter((name) => binary.includes(name)))
  })
  await checks.check(`${packed.name}: the parts list is valid CycloneDX 1.6`, async () => {
    const wrong = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(bomText)
    if (wrong !== null) throw new Error(JSON.stringify(wrong, null, 2))
  })
}

/**
 * What other people's tools say of the packages.
 * @param {Checks} checks
 * @param {Packed} main
 * @param {readonly Packed[]} others
 */
export async function checkWithLinters(checks, main, others) {
  await checks.check('publint finds nothing, suggestions included', async () => {
    for (const { file } of [main, ...others]) {
      const { status, output } = await run(process.execPath, [binOf('publint', 'publint'), 'run', file, '--strict', '--level', 'suggestion'], { cwd: root })
      if (status !== 0) throw new Error(tail(output, 40))
    }
  })
  await checks.check('attw finds the types right for every way of resolving that Node 20 has', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(main.file)))
    if (analysis.types === false) throw new Error('it finds no types at all')
    // The way of TypeScript's `node10` knows no `exports` and no `imports`, which every Node that we support has.
    const problems = analysis.problems.filter((problem) => !Object.values(problem).includes('node10'))
    if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2))
    return Object.keys(analysis.entrypoints).join(', ')
  })
}
