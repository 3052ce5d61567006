// The C library for phones: `node scripts/mobile-build.mjs android|ios|TRIPLE…` writes
// target/mobile/android/<abi>/libnoxrun.a and target/mobile/ios/<slice>/libnoxrun.a, each with what it
// is to be linked with in link.txt, and the header beside them. On macOS also Noxrun.xcframework; with
// the pinned NDK (ANDROID_NDK_HOME) it links the JNI sample, which proves that nothing is missing.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Checks } from './lib/checks.mjs'
import { inRoot, root } from './lib/paths.mjs'
import { run, tail } from './lib/process.mjs'
import { isOnPath } from './setup/system.mjs'
import { addTarget } from './cross/toolchain.mjs'

/**
 * @typedef {object} Target
 * @property {string} triple Rust's name.
 * @property {'android' | 'ios'} system
 * @property {string} folder Android's name of the ABI, Apple's of the slice.
 * @property {string} clang What the NDK's clang calls it, without the API level; empty for Apple's.
 */

/** @type {readonly Target[]} */
const targets = [
  { triple: 'aarch64-linux-android', system: 'android', folder: 'arm64-v8a', clang: 'aarch64-linux-android' },
  { triple: 'armv7-linux-androideabi', system: 'android', folder: 'armeabi-v7a', clang: 'armv7a-linux-androideabi' },
  { triple: 'x86_64-linux-android', system: 'android', folder: 'x86_64', clang: 'x86_64-linux-android' },
  { triple: 'aarch64-apple-ios', system: 'ios', folder: 'ios-arm64', clang: '' },
  { triple: 'aarch64-apple-ios-sim', system: 'ios', folder: 'ios-arm64-simulator', clang: '' },
]
/** The versions that are pinned: the scripts, the workflows and the guide know them from there. */
const pins = /** @type {{ ndk: string, androidApi: number, iosMin: string }} */ (JSON.parse(readFileSync(inRoot('scripts', 'mobile', 'pins.json'), 'utf8')))

const out = inRoot('target', 'mobile')
const header = inRoot('crates', 'capi', 'include', 'noxrun.h')

/** @param {Target} target */
const folderOf = (target) => path.join(out, target.system, target.folder)

/** The functions of the header, by name. */
function functions() {
  const names = readFileSync(header, 'utf8').matchAll(/^(?!typedef)\w[\w *]*?\b\*?(noxrun_\w+)\(/gm)
  return [...names].map(([, name = '']) => name)
}

/**
 * Builds the static library, which needs no linker, and looks for every function of the header in its
 * table of symbols.
 * @param {Target} target
 */
async function library(target) {
  await addTarget(target.triple)
  const build = path.join(out, 'build')
  const startedAt = performance.now()
  const { status, output } = await run('cargo', [
    'rustc', '--locked', '--release', '--target', target.triple, '-p', 'noxrun-capi',
    '--crate-type', 'staticlib', '--', '--print', 'native-static-libs',
  ], {
    cwd: root, timeout: 90 * 60_000,
    env: { CARGO_TARGET_DIR: build, IPHONEOS_DEPLOYMENT_TARGET: pins.iosMin },
  })
  if (status !== 0) throw new Error(tail(output, 60))
  const folder = folderOf(target)
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'libnoxrun.a')
  copyFileSync(path.join(build, target.triple, 'release', 'libnoxrun.a'), file)
  copyFileSync(header, path.join(folder, 'noxrun.h'))
  const flags = /native-static-libs: (.*)/.exec(output)?.[1]
  if (flags !== undefined) writeFileSync(path.join(folder, 'link.txt'), `${flags}\n`)
  const archive = readFileSync(file)
  const prefix = target.system === 'ios' ? '_' : ''
  const names = functions()
  const missing = names.filter((name) => !archive.includes(`\0${prefix}${name}\0`))
  if (missing.length > 0) throw new Error(`the library lacks ${missing.join(', ')}`)
  return `${(statSync(file).size / 1e6).toFixed(1)} MB, ${names.length} functions, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`
}

/**
 * Links the JNI sample with the NDK's clang.
 * @param {Target} target
 * @param {string} ndk
 */
async function links(target, ndk) {
  const host = process.platform === 'darwin' ? 'darwin-x86_64' : 'linux-x86_64'
  const clang = path.join(ndk, 'toolchains', 'llvm', 'prebuilt', host, 'bin', `${target.clang}${pins.androidApi}-clang++`)
  const folder = folderOf(target)
  const flags = readFileSync(path.join(folder, 'link.txt'), 'utf8').trim().split(' ')
  const { status, output } = await run(clang, [
    '-std=c++17', '-O2', '-fPIC', '-shared', '-static-libstdc++', '-Wl,--no-undefined', '-Wl,-z,max-page-size=16384',
    '-I', folder, '-I', inRoot('examples', 'mobile', 'shared'), inRoot('examples', 'mobile', 'android', 'noxrun_jni.cpp'),
    path.join(folder, 'libnoxrun.a'), ...flags, '-o', path.join(folder, 'libnoxrun_jni.so'),
  ])
  if (status !== 0) throw new Error(tail(output, 40))
  return `${(statSync(path.join(folder, 'libnoxrun_jni.so')).size / 1e6).toFixed(1)} MB with debug information`
}

/** @param {readonly Target[]} slices */
async function framework(slices) {
  const made = path.join(out, 'Noxrun.xcframework')
  const headers = path.join(out, 'ios', 'include')
  rmSync(made, { recursive: true, force: true })
  mkdirSync(headers, { recursive: true })
  copyFileSync(header, path.join(headers, 'noxrun.h'))
  copyFileSync(inRoot('examples', 'mobile', 'ios', 'module.modulemap'), path.join(headers, 'module.modulemap'))
  const libraries = slices.flatMap((target) => ['-library', path.join(folderOf(target), 'libnoxrun.a'), '-headers', headers])
  const { status, output } = await run('xcodebuild', ['-create-xcframework', ...libraries, '-output', made])
  if (status !== 0) throw new Error(tail(output, 40))
}

const asked = process.argv.slice(2)
const wanted = targets.filter((target) => asked.includes(target.system) || asked.includes(target.triple))
const wrong = asked.find((name) => !targets.some((target) => [target.system, target.triple].includes(name)))
if (wanted.length === 0 || wrong !== undefined) {
  console.error(`usage: node scripts/mobile-build.mjs android | ios | TRIPLE…\nTRIPLE is one of: ${targets.map((target) => target.triple).join(', ')}`)
  process.exit(2)
}
const checks = new Checks('mobile')
for (const target of wanted) await checks.check(`static library for ${target.triple}`, () => library(target))

const ndk = process.env['ANDROID_NDK_HOME']
for (const target of wanted.filter(({ system }) => system === 'android')) {
  const title = `the JNI sample links for ${target.triple}`
  if (!existsSync(path.join(folderOf(target), 'link.txt'))) checks.skip(title, 'there is no library')
  else if (ndk === undefined) checks.skip(title, `ANDROID_NDK_HOME does not name an NDK; the pinned one is ${pins.ndk}`)
  else if (!existsSync(path.join(ndk, 'source.properties')) || !readFileSync(path.join(ndk, 'source.properties'), 'utf8').includes(pins.ndk)) {
    checks.skip(title, `${ndk} is not the pinned NDK ${pins.ndk}`)
  } else await checks.check(title, () => links(target, ndk))
}
const slices = wanted.filter(({ system }) => system === 'ios')
if (slices.length > 0) {
  if (isOnPath('xcodebuild')) await checks.check('Noxrun.xcframework', () => framework(slices))
  else checks.skip('Noxrun.xcframework', 'xcodebuild is not there: it is made on macOS')
}
checks.finish()
