// The builds: the native binding, the same binding with faults planted, the bundle of the TypeScript that
// ships, and the tests.
// Each knows its inputs and outputs and does nothing when neither changed.
import { createRequire } from 'node:module'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { inRoot, root, stateDir } from './paths.mjs'
import { ask } from './process.mjs'
import { clearStamp, digest, isStamped, writeStamp } from './stamp.mjs'

const require = createRequire(import.meta.url)
const sabotageDir = inRoot('target', 'sabotage')

/**
 * @typedef {object} Build
 * @property {string} name
 * @property {string} what Shown to the person who waits.
 * @property {string} remedy What to try when it fails.
 * @property {() => boolean} isFresh
 * @property {() => { args: string[], env: Record<string, string | undefined> }} command Arguments for this Node.
 * @property {() => void} before
 * @property {() => void} after Checks and stamps what came out.
 */

/**
 * The file that a package's `bin` names.
 * @param {string} packageName
 * @param {string} bin
 * @returns {string}
 */
export function binOf(packageName, bin) {
  const manifest = inRoot('node_modules', packageName, 'package.json')
  const { bin: entries } = /** @type {{ bin: Record<string, string> }} */ (require(manifest))
  const file = entries[bin]
  if (file === undefined) throw new Error(`${packageName} has no command ${bin}`)
  return path.join(path.dirname(manifest), file)
}

/**
 * The built binding in a folder, or null.
 * @param {string} dir
 * @returns {string | null}
 */
function bindingIn(dir) {
  if (!existsSync(dir)) return null
  const name = readdirSync(dir).find((file) => /^noxrun\..+\.node$/.test(file))
  return name === undefined ? null : path.join(dir, name)
}

/**
 * The release binding of this platform; null before the build.
 * @returns {string | null}
 */
export function nativeBinding() {
  return bindingIn(root)
}

/**
 * The binding with faults planted; null before the build.
 * @returns {string | null}
 */
export function sabotageBinding() {
  return bindingIn(sabotageDir)
}

function rustInputs() {
  // All that the build reads of the manifest: its other fields change nothing.
  const { version, napi } = /** @type {Record<string, unknown>} */ (JSON.parse(readFileSync(inRoot('package.json'), 'utf8')))
  return digest(['Cargo.toml', 'Cargo.lock', '.cargo', 'crates'], [ask('rustc', ['-V']) ?? '', JSON.stringify([version, napi])])
}

/** @param {string} outputDir @param {string[]} extra */
function napiArgs(outputDir, extra) {
  return [
    binOf('@napi-rs/cli', 'napi'), 'build', '--platform', '--release',
    '--manifest-path', path.join('crates', 'node', 'Cargo.toml'),
    '--output-dir', outputDir, '--no-js', '--dts', 'binding.d.cts', '--no-const-enum',
    ...extra,
    // In CI a lock file that does not fit the manifests is an error; a developer's is brought up to date.
    ...(process.env['CI'] ? ['--', '--locked'] : []),
  ]
}

/**
 * What identifies a native build: what went in, and the generated types that came out.
 * @param {string} dir
 */
function nativeDigest(dir) {
  return digest([path.join(path.relative(root, dir), 'binding.d.cts')], [rustInputs()])
}

const nativeStamp = path.join(stateDir, 'native')
/** @type {Build} */
export const native = {
  name: 'native',
  what: 'Rust engine (release; some minutes the first time)',
  remedy: 'The error above comes from cargo. If it names a missing library, install that package and run this again.',
  isFresh: () => nativeBinding() !== null && isStamped(nativeStamp, nativeDigest(root)),
  command: () => ({ args: napiArgs('.', []), env: {} }),
  before: () => clearStamp(nativeStamp),
  after() {
    if (nativeBinding() === null) throw new Error('the build wrote no noxrun.*.node')
    writeStamp(nativeStamp, nativeDigest(root))
  },
}

const sabotageStamp = path.join(stateDir, 'sabotage')
/** @type {Build} */
export const sabotage = {
  name: 'sabotage',
  what: 'Rust engine with faults planted (for the sabotage table only)',
  remedy: native.remedy,
  isFresh: () => sabotageBinding() !== null && isStamped(sabotageStamp, nativeDigest(sabotageDir)),
  command: () => ({
    // A target folder of its own: two feature sets of one cdylib overwrite each other's file. Nobody
    // measures this build, so it is spared most of the optimisation.
    args: napiArgs(path.relative(root, sabotageDir), ['--features', 'sabotage', '--target-dir', path.join('target', 'sabotage-build')]),
    env: {
      CARGO_PROFILE_RELEASE_LTO: 'off', CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
      CARGO_PROFILE_RELEASE_DEBUG: '0', CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
    },
  }),
  before: () => clearStamp(sabotageStamp),
  after() {
    if (sabotageBinding() === null) throw new Error('the build wrote no noxrun.*.node')
    writeStamp(sabotageStamp, nativeDigest(sabotageDir))
  },
}

const tsStamp = path.join(stateDir, 'ts')
const tsDigest = () => digest(
  ['index.ts', 'src', 'tsconfig.json', 'tsconfig.build.json', 'binding.d.cts', 'scripts/lib/bundle.mjs', 'package.json', 'package-lock.json'],
)
/** @type {Build} */
export const typescript = {
  name: 'ts',
  what: 'TypeScript',
  remedy: 'The errors above are in index.ts or src/.',
  isFresh: () => existsSync(inRoot('dist', 'index.mjs')) && isStamped(tsStamp, tsDigest()),
  command: () => ({ args: [inRoot('scripts', 'lib', 'bundle.mjs')], env: {} }),
  before: () => clearStamp(tsStamp),
  after: () => writeStamp(tsStamp, tsDigest()),
}

const testsStamp = path.join(stateDir, 'tests')
const testsOut = inRoot('target', 'ts')
const testsDigest = () => digest(['__test__', 'scripts', 'tsconfig.test.json'], [tsDigest()])
/** @type {Build} */
export const tests = {
  name: 'tests',
  what: 'TypeScript tests',
  remedy: 'The errors above are in index.ts, src/ or __test__/.',
  isFresh: () => existsSync(path.join(testsOut, '__test__')) && isStamped(testsStamp, testsDigest()),
  command: () => ({ args: [binOf('typescript', 'tsc'), '-p', 'tsconfig.test.json'], env: {} }),
  before() {
    clearStamp(testsStamp)
    rmSync(testsOut, { recursive: true, force: true })
  },
  after: () => writeStamp(testsStamp, testsDigest()),
}
