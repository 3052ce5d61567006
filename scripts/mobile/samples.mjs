// The guide's samples, as far as this machine can compile and run them: the C++ player under valgrind,
// the JNI half under Java, the header in C and C++.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { unpacked } from '../cross/debian.mjs'
import { cargoTargetDir, inRoot } from '../lib/paths.mjs'
import { ask, run, tail } from '../lib/process.mjs'

const STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']
const include = inRoot('crates', 'capi', 'include')
const mobile = inRoot('examples', 'mobile')
/** The player's header is to be read in one go. */
const MOST_LINES = 150

/**
 * Runs a program; what it says when it fails is the error.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('../lib/process.mjs').RunOptions} [options]
 * @returns {Promise<string>} Its last line.
 */
async function must(command, args, options = {}) {
  const { status, output } = await run(command, args, { timeout: 10 * 60_000, ...options })
  if (status !== 0) throw new Error(`${command} failed (status ${status}):\n${tail(output, 40)}`)
  return tail(output, 1).trim()
}

/**
 * Where jni.h is: in this machine's Java, or in a package unpacked for it.
 * @returns {Promise<string>} The folder that holds it.
 */
async function jniHeaders() {
  const homes = existsSync('/usr/lib/jvm') ? readdirSync('/usr/lib/jvm').map((name) => path.join('/usr/lib/jvm', name)) : []
  if (process.env['JAVA_HOME']) homes.unshift(process.env['JAVA_HOME'])
  const found = homes.map((home) => path.join(home, 'include')).find((dir) => existsSync(path.join(dir, 'jni.h')))
  if (found) return found
  const dir = await unpacked('jni', { suite: 'bookworm', alone: ['openjdk-17-jdk-headless'] })
  return path.join(dir, 'usr', 'lib', 'jvm', 'java-17-openjdk-amd64', 'include')
}

/**
 * @param {import('../lib/checks.mjs').Checks} checks
 * @param {string} work A folder for what comes out.
 * @param {string} [built] The folder that has libnoxrun.so already.
 */
export async function checkSamples(checks, work, built) {
  const libraries = built ?? path.join(cargoTargetDir(), 'debug')
  const env = { LD_LIBRARY_PATH: libraries }
  const player = path.join(mobile, 'shared', 'NoxrunPlayer.hpp')
  const test = path.join(work, 'player-test')

  if (built === undefined) {
    await checks.check('the C library builds for this machine', () => must(
      'cargo', ['build', '--locked', '-p', 'noxrun-capi'], { timeout: 30 * 60_000 },
    ).then(() => undefined))
  }
  await checks.check('noxrun.h stands alone in C11 and in C++17', async () => {
    await must('cc', ['-std=c11', ...STRICT, '-fsyntax-only', '-x', 'c', path.join(include, 'noxrun.h')])
    await must('c++', ['-std=c++17', ...STRICT, '-fsyntax-only', '-x', 'c++', path.join(include, 'noxrun.h')])
  })
  await checks.check(`NoxrunPlayer.hpp has at most ${MOST_LINES} lines`, () => {
    const lines = readFileSync(player, 'utf8').trimEnd().split('\n').length
    if (lines > MOST_LINES) throw new Error(`it has ${lines}`)
    return `${lines}`
  })
  await checks.check('the player and its test compile', () => must('c++', [
    '-std=c++17', ...STRICT, '-O1', '-g', '-I', include, path.join(mobile, 'shared', 'player_test.cpp'),
    '-L', libraries, '-lnoxrun', '-lpthread', '-o', test,
  ]).then(() => undefined))
  await checks.check("the guide's C++ compiles", async () => {
    const blocks = [...readFileSync(inRoot('docs', 'mobile.md'), 'utf8').matchAll(/^```cpp\n([^]*?)^```/gm)].map(([, block = '']) => block)
    if (blocks.length === 0) throw new Error('docs/mobile.md has none')
    const source = path.join(work, 'guide.cpp')
    writeFileSync(source, `#include "NoxrunPlayer.hpp"\n${blocks.map((block, at) => `void part${at}(const std::string &path) {\n(void)path;\n${block}}\n`).join('')}`)
    // What its lambdas leave to the reader is not used here.
    await must('c++', ['-std=c++17', ...STRICT, '-Wno-unused-parameter', '-Wno-unused-variable', '-fsyntax-only', '-I', include, '-I', path.join(mobile, 'shared'), source])
    return `${blocks.length} block${blocks.length === 1 ? '' : 's'}`
  })
  await checks.check('the player plays and captures on the virtual device', () => must(test, [], { env, timeout: 2 * 60_000 }))
  if (ask('valgrind', ['--version']) === null) {
    checks.skip('no leak and no error in the player', 'valgrind is not there: apt-get install valgrind')
  } else {
    await checks.check('no leak and no error in the player', () => must('valgrind', [
      '--quiet', '--leak-check=full', '--show-leak-kinds=definite,indirect', '--errors-for-leak-kinds=definite,indirect',
      '--error-exitcode=9', test,
    ], { env }))
  }

  const jni = path.join(work, 'libnoxrun_jni.so')
  await checks.check('the JNI half compiles', async () => {
    const headers = await jniHeaders()
    await must('c++', [
      '-std=c++17', ...STRICT, '-O1', '-fPIC', '-shared', '-I', include, '-I', path.join(mobile, 'shared'),
      '-I', headers, '-I', path.join(headers, 'linux'), path.join(mobile, 'android', 'noxrun_jni.cpp'),
      '-L', libraries, '-lnoxrun', '-o', jni,
    ])
  })
  if (ask('cmake', ['--version']) === null) {
    checks.skip("the Android sample's CMakeLists.txt makes sense to CMake", 'cmake is not there: apt-get install cmake')
  } else {
    await checks.check("the Android sample's CMakeLists.txt makes sense to CMake", async () => {
      // As Gradle calls it, for the compiler of this machine: CMake itself needs no phone.
      mkdirSync(path.join(work, 'noxrun', 'arm64-v8a'), { recursive: true })
      await must('cmake', [
        '-S', path.join(mobile, 'android'), '-B', path.join(work, 'cmake'),
        '-DANDROID_ABI=arm64-v8a', `-DNOXRUN_DIR=${path.join(work, 'noxrun')}`,
      ])
    })
  }
  if (ask('javac', ['-version']) === null) {
    checks.skip('the Java half plays on the virtual device', 'there is no javac: apt-get install openjdk-17-jdk-headless')
    return
  }
  await checks.check('the Java half plays on the virtual device', async () => {
    const sources = ['NoxrunException', 'NoxrunPlayer', 'PlayerTest'].map((name) => path.join(mobile, 'android', `${name}.java`))
    await must('javac', ['-Xlint:all', '-Werror', '--release', '11', '-d', path.join(work, 'classes'), ...sources])
    return must('java', [
      '-Xcheck:jni', `-Djava.library.path=${work}`, '-cp', path.join(work, 'classes'), 'dev.noxrun.PlayerTest', path.join(work, 'a.wav'),
    ], { env, timeout: 2 * 60_000 })
  })
}
