// The system's packages: found by what is really needed from them, never by name, and installed where
// we may. Building needs some; only the tests need the others.
import { accessSync, constants, existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { ask } from '../lib/process.mjs'
import { SetupError, done, step } from '../lib/steps.mjs'

/**
 * @param {string} program
 * @returns {boolean}
 */
export function isOnPath(program) {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((dir) => {
    try {
      accessSync(path.join(dir, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** @param {string} library */
const hasLibrary = (library) => ask('pkg-config', ['--exists', library]) !== null

/** Where ALSA looks for its plugins; empty without ALSA's development files. */
export function alsaPluginDir() {
  const libdir = ask('pkg-config', ['--variable=libdir', 'alsa'])
  return libdir ? path.join(libdir, 'alsa-lib') : ''
}

/**
 * @typedef {object} Need
 * @property {string} what
 * @property {boolean} toBuild Needed to build; the others only to test.
 * @property {() => boolean} isMet
 * @property {readonly string[]} packages Debian packages that hold it; later ones are tried when the first did not help.
 */

/** @type {readonly Need[]} */
const needs = [
  { what: 'pkg-config', toBuild: true, isMet: () => isOnPath('pkg-config'), packages: ['pkg-config'] },
  { what: 'a C compiler', toBuild: true, isMet: () => isOnPath('gcc') && isOnPath('cc'), packages: ['gcc'] },
  {
    what: 'the C headers', toBuild: true, packages: ['libc6-dev'],
    isMet: () => ask('cc', ['-E', '-x', 'c', '-'], { input: '#include <stdio.h>\n' }) !== null,
  },
  { what: 'ALSA to build with', toBuild: true, isMet: () => hasLibrary('alsa'), packages: ['libasound2-dev'] },
  { what: 'JACK to build with', toBuild: true, isMet: () => hasLibrary('jack'), packages: ['libjack-jackd2-dev'] },
  { what: 'the JACK server', toBuild: false, isMet: () => isOnPath('jackd'), packages: ['jackd2'] },
  {
    // Debian moved the tools out of jackd2 into a package of their own.
    what: 'the JACK tools', toBuild: false, packages: ['jackd2', 'jack-example-tools'],
    isMet: () => isOnPath('jack_lsp') && isOnPath('jack_connect'),
  },
  {
    what: "ALSA's JACK plugin", toBuild: false, packages: ['libasound2-plugins'],
    isMet: () => existsSync(path.join(alsaPluginDir(), 'libasound_module_pcm_jack.so')),
  },
  { what: 'SoX', toBuild: false, isMet: () => isOnPath('sox'), packages: ['sox'] },
  { what: "libsndfile's programs", toBuild: false, isMet: () => isOnPath('sndfile-convert') && isOnPath('sndfile-info'), packages: ['sndfile-programs'] },
  { what: 'the FLAC decoder', toBuild: false, isMet: () => isOnPath('flac'), packages: ['flac'] },
  { what: 'a speech synthesizer', toBuild: false, isMet: () => isOnPath('espeak-ng'), packages: ['espeak-ng'] },
  { what: 'a C++ compiler', toBuild: false, isMet: () => isOnPath('c++'), packages: ['g++'] },
  { what: 'CMake', toBuild: false, isMet: () => isOnPath('cmake'), packages: ['cmake'] },
  { what: 'Java', toBuild: false, isMet: () => isOnPath('javac'), packages: ['default-jdk-headless'] },
  { what: 'valgrind', toBuild: false, isMet: () => isOnPath('valgrind'), packages: ['valgrind'] },
  { what: 'strace', toBuild: false, isMet: () => isOnPath('strace'), packages: ['strace'] },
  { what: 'chrt and setpriv', toBuild: false, isMet: () => isOnPath('chrt') && isOnPath('setpriv'), packages: ['util-linux'] },
]

const missing = () => needs.filter((need) => !need.isMet())

/**
 * What the tests need of the system and did not find.
 * @returns {string[]}
 */
export function missingForTests() {
  return missing().map((need) => need.what)
}

/**
 * @param {readonly Need[]} unmet
 * @param {number} choice
 * @returns {string[]}
 */
function packagesFor(unmet, choice) {
  return [...new Set(unmet.flatMap((need) => need.packages[choice] ?? []))]
}

/** @param {readonly Need[]} unmet */
function byHand(unmet) {
  const packages = [...new Set(unmet.flatMap((need) => need.packages.slice(0, 1)))].join(' ')
  return isOnPath('apt-get')
    ? `Install them with:\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages}`
    : `They are in Debian's packages ${packages}; install what your system calls them.`
}

/**
 * Finds or installs what the system must have.
 * @throws {SetupError} When something is missing to build with and we may not install it.
 */
export async function checkSystem() {
  if (process.platform !== 'linux') {
    done('system packages', `none needed to build on ${process.platform}; the tests with a real server run on Linux only`)
    return
  }
  let unmet = missing()
  const mayInstall = process.getuid?.() === 0 && isOnPath('apt-get')
  if (unmet.length > 0 && mayInstall) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    await step('list of Debian packages', 'apt-get', ['update', '-q'], {
      env, log: 'apt-update', remedy: 'apt-get could not read its sources: is the network there?',
    })
    for (let choice = 0; choice < 2 && unmet.length > 0; choice++) {
      const packages = packagesFor(unmet, choice)
      if (packages.length === 0) break
      await step(`Debian packages ${packages.join(', ')}`, 'apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], {
        env, log: 'apt-install', remedy: byHand(unmet),
      })
      unmet = missing()
    }
  }
  if (unmet.length === 0) {
    done('system packages', 'all there')
    return
  }
  const list = unmet.map((need) => need.what).join(', ')
  if (unmet.some((need) => need.toBuild)) throw new SetupError(`The system lacks: ${list}.\n${byHand(unmet)}`)
  done('system packages', `enough to build and play. The tests will skip what needs ${list}.\n${byHand(unmet)}`)
}
