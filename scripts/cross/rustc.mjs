// The compiler for a target: the machine's own where it has the target's standard library, else
// Debian's, unpacked and started through the loader of its own suite, with the target's standard library
// beside this machine's; or with its sources, from which cargo builds it (musl, phones).
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { inRoot } from '../lib/paths.mjs'
import { ask } from '../lib/process.mjs'
import { SetupError } from '../lib/steps.mjs'
import { unpacked } from './debian.mjs'

/** The suite whose `rustc-web` is new enough and has the standard library for every architecture. */
const SUITE = 'trixie'

/**
 * @typedef {object} Compiler
 * @property {string} name What it is, for the person who reads.
 * @property {string} rustc The program.
 * @property {string[]} args For cargo, after its command.
 * @property {Record<string, string>} env For cargo.
 */

/**
 * Whether the machine's own compiler has the standard library of a target.
 * @param {string} triple
 */
function machineHas(triple) {
  const libraries = ask('rustc', ['--print', 'target-libdir', '--target', triple])
  return libraries !== null && existsSync(libraries)
}

/**
 * @param {string} triple
 * @param {string | null} architecture Debian's name for it; null: the standard library's sources.
 * @returns {Promise<string>} A program that acts as `rustc`.
 */
async function debianRustc(triple, architecture) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(`The standard library of ${triple} is not here, and only on Debian for x64 it can be fetched.\nElsewhere: rustup target add ${triple}`)
  }
  // rustc-web alone: what else it depends on is a C compiler.
  const dir = await unpacked('rustc', { suite: SUITE, whole: ['libstd-rust-web-dev'], alone: ['rustc-web'] })
  const wanted = architecture === null
    ? { name: 'rust-src', packages: ['rust-web-src'], place: path.join('src', 'rust') }
    : { name: `rust-${architecture}`, packages: [`libstd-rust-web-dev:${architecture}`], place: triple }
  const std = await unpacked(wanted.name, { suite: SUITE, alone: wanted.packages })
  const place = path.join('usr', 'lib', 'rustlib', wanted.place)
  if (!existsSync(path.join(std, place))) throw new SetupError(`Debian's package ${wanted.packages.join()} has no ${place}`)
  rmSync(path.join(dir, place), { recursive: true, force: true })
  mkdirSync(path.dirname(path.join(dir, place)), { recursive: true })
  symlinkSync(path.join(std, place), path.join(dir, place))
  const loader = path.join(dir, 'usr', 'lib64', 'ld-linux-x86-64.so.2')
  const libraries = path.join(dir, 'usr', 'lib', 'x86_64-linux-gnu')
  const wrapper = inRoot('target', 'cross', 'bin', 'rustc')
  mkdirSync(path.dirname(wrapper), { recursive: true })
  // LD_LIBRARY_PATH of cargo's would put the machine's libraries before the suite's.
  writeFileSync(wrapper, `#!/bin/sh\nunset LD_LIBRARY_PATH\nexec '${loader}' --library-path '${libraries}' '${dir}/usr/bin/rustc' "$@"\n`)
  chmodSync(wrapper, 0o755)
  return wrapper
}

/**
 * @param {string} triple
 * @param {string | null} architecture Debian's name for it; null where Debian has only the sources of its
 *   standard library.
 * @returns {Promise<Compiler>}
 * @throws {SetupError} When there is none for it.
 */
export async function compilerFor(triple, architecture) {
  if (machineHas(triple)) return { name: ask('rustc', ['--version']) ?? 'rustc', rustc: 'rustc', args: [], env: {} }
  const rustc = await debianRustc(triple, architecture)
  const fromSource = architecture === null
  return {
    name: `${ask(rustc, ['--version']) ?? 'rustc'}, Debian ${SUITE}'s${fromSource ? ', with a standard library of its own sources' : ''}`,
    rustc,
    args: fromSource ? ['-Zbuild-std=std,panic_unwind'] : [],
    // A released cargo builds the standard library only when told that it may do what a nightly does.
    env: { RUSTC: rustc, ...(fromSource ? { RUSTC_BOOTSTRAP: '1' } : {}) },
  }
}
