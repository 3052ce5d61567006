// node scripts/mobile-check.mjs [samples] [--libraries=DIR]: the samples of docs/mobile.md, as far as a desktop
// can compile and run them: the C++ player under valgrind, the JNI half under Java. Nothing runs on a phone;
// that the library compiles for them, scripts/mobile-build.mjs says. --libraries: where libnoxrun.so is.
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Checks } from './lib/checks.mjs'
import { cargoTargetDir, inRoot } from './lib/paths.mjs'
import { ask, run, tail } from './lib/process.mjs'
import { scratchFolder } from './lib/scratch.mjs'
import { isOnPath } from './setup/system.mjs'

const STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']
const mobile = inRoot('examples', 'mobile')
const shared = path.join(mobile, 'shared')
const includes = ['-I', inRoot('crates', 'capi', 'include'), '-I', shared]
const guide = readFileSync(inRoot('docs', 'mobile.md'), 'utf8')

/**
 * Runs a program; what it says when it fails is the error.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('./lib/process.mjs').RunOptions} [options]
 * @returns {Promise<string>} Its last line.
 */
async function must(command, args, options = {}) {
  const { status, output } = await run(command, args, { timeout: 10 * 60_000, ...options })
  if (status !== 0) throw new Error(`${command} failed (status ${status}):\n${tail(output, 40)}`)
  return tail(output, 1).trim()
}

/** The guide's own C++, in one file. */
function guideSource() {
  const blocks = [...guide.matchAll(/^```cpp\n([^]*?)^```/gm)].map(([, block = '']) => block)
  if (blocks.length === 0) throw new Error('docs/mobile.md has no C++')
  return `#include "NoxrunPlayer.hpp"\n${blocks.map((block, at) => `void part${at}(const std::string &path) {\n(void)path;\n${block}}\n`).join('')}`
}

/** Versions are pinned in one file, and what the guide says of them must be the same. */
function guideNamesThePins() {
  const { ndk, ndkName, androidApi, iosMin } = /** @type {Record<string, string>} */ (JSON.parse(readFileSync(inRoot('scripts', 'mobile', 'pins.json'), 'utf8')))
  const unsaid = [ndk, ndkName, `API level ${androidApi}`, `iOS ${iosMin}`].filter((pin) => pin === undefined || !guide.includes(pin))
  if (unsaid.length > 0) throw new Error(`docs/mobile.md does not say ${unsaid.join(', ')}`)
}

const LIBRARIES = '--libraries='
const args = process.argv.slice(2)
if (args.some((argument) => argument !== 'samples' && !argument.startsWith(LIBRARIES))) {
  console.error('usage: node scripts/mobile-check.mjs [samples] [--libraries=DIR]')
  process.exit(2)
}
const built = args.find((argument) => argument.startsWith(LIBRARIES))?.slice(LIBRARIES.length)
const libraries = built === undefined ? path.join(cargoTargetDir(), 'debug') : path.resolve(built)
const env = { LD_LIBRARY_PATH: libraries }
const work = scratchFolder('noxrun-mobile')
const test = path.join(work, 'player-test')
const checks = new Checks('mobile')

/**
 * A check that needs a program; skipped where it is not there.
 * @param {string} program
 * @param {string} title
 * @param {() => Promise<string | undefined | void>} body
 */
async function checkWith(program, title, body) {
  if (isOnPath(program)) await checks.check(title, body)
  else checks.skip(title, `${program} is not there`)
}

if (built === undefined) await checks.check('the C library builds', async () => { await must('cargo', ['build', '--locked', '-p', 'noxrun-capi'], { timeout: 30 * 60_000 }) })
await checks.check('the guide names the versions that are pinned', guideNamesThePins)
await checks.check('the player and its test compile', async () => {
  await must('c++', ['-std=c++17', ...STRICT, '-O1', '-g', ...includes, path.join(shared, 'player_test.cpp'), '-L', libraries, '-lnoxrun', '-lpthread', '-o', test])
})
await checks.check("the guide's C++ compiles", async () => {
  const source = path.join(work, 'guide.cpp')
  writeFileSync(source, guideSource())
  // What its lambdas leave to the reader is not used here.
  await must('c++', ['-std=c++17', ...STRICT, '-Wno-unused-parameter', '-Wno-unused-variable', '-fsyntax-only', ...includes, source])
})
await checks.check('the player plays and captures on the virtual device', () => must(test, [], { env, timeout: 2 * 60_000 }))
await checkWith('valgrind', 'no leak and no error in the player', () => must('valgrind', [
  '--quiet', '--leak-check=full', '--show-leak-kinds=definite,indirect', '--errors-for-leak-kinds=definite,indirect', '--error-exitcode=9', test,
], { env }))
await checkWith('javac', 'the JNI half compiles', async () => {
  const headers = path.join(process.env['JAVA_HOME'] ?? path.resolve(realpathSync(ask('which', ['javac']) ?? ''), '..', '..'), 'include')
  await must('c++', [
    '-std=c++17', ...STRICT, '-O1', '-fPIC', '-shared', ...includes, '-I', headers, '-I', path.join(headers, 'linux'),
    path.join(mobile, 'android', 'noxrun_jni.cpp'), '-L', libraries, '-lnoxrun', '-o', path.join(work, 'libnoxrun_jni.so'),
  ])
})
await checkWith('cmake', "the Android sample's CMakeLists.txt makes sense to CMake", async () => {
  // As Gradle calls it, for the compiler of this machine: CMake itself needs no phone.
  mkdirSync(path.join(work, 'noxrun', 'arm64-v8a'), { recursive: true })
  await must('cmake', ['-S', path.join(mobile, 'android'), '-B', path.join(work, 'cmake'), '-DANDROID_ABI=arm64-v8a', `-DNOXRUN_DIR=${path.join(work, 'noxrun')}`])
})
await checkWith('javac', 'the Java half plays on the virtual device', async () => {
  const sources = ['NoxrunException', 'NoxrunPlayer', 'PlayerTest'].map((name) => path.join(mobile, 'android', `${name}.java`))
  const classes = path.join(work, 'classes')
  await must('javac', ['-Xlint:all', '-Werror', '--release', '11', '-d', classes, ...sources])
  return must('java', ['-Xcheck:jni', `-Djava.library.path=${work}`, '-cp', classes, 'dev.noxrun.PlayerTest', path.join(work, 'a.wav')], { env, timeout: 2 * 60_000 })
})
checks.finish()
