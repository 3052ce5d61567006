// A compiler for a phone's target: the machine's own where it has the target's standard library, else
// Debian's, which builds the standard library from Debian's sources of the same version. That is enough
// to check and to make static libraries; linking needs the system's own tools.
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inRoot } from '../lib/paths.mjs'
import { ask } from '../lib/process.mjs'
import { SetupError } from '../lib/steps.mjs'
import { unpacked } from '../cross/debian.mjs'

/** The suite whose compiler is new enough for this project. */
const SUITE = 'trixie'

/**
 * @typedef {object} Compiler
 * @property {string} name What it is, for the person who reads.
 * @property {string[]} args For cargo, besides.
 * @property {Record<string, string>} env For cargo.
 */

/**
 * Debian's compiler, with the sources of its standard library where cargo looks for them.
 * @returns {Promise<string>} A program that acts as `rustc`.
 */
async function debianRustc() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError('Only on Debian for x64 can the standard library be built here.\nElsewhere: rustup target add TARGET.')
  }
  // The same folder as that of the cross builds.
  const dir = await unpacked('rustc', { suite: SUITE, whole: ['libstd-rust-web-dev'], alone: ['rustc-web'] })
  const sources = await unpacked('rust-sources', { suite: SUITE, alone: ['rust-web-src'] })
  const place = path.join('usr', 'lib', 'rustlib', 'src')
  if (!existsSync(path.join(sources, place, 'rust', 'library', 'std'))) {
    throw new SetupError(`Debian ${SUITE}'s rust-web-src has no standard library under ${place}`)
  }
  rmSync(path.join(dir, place), { recursive: true, force: true })
  symlinkSync(path.join(sources, place), path.join(dir, place))
  const loader = path.join(dir, 'usr', 'lib64', 'ld-linux-x86-64.so.2')
  const libraries = path.join(dir, 'usr', 'lib', 'x86_64-linux-gnu')
  const wrapper = inRoot('target', 'mobile', 'bin', 'rustc')
  mkdirSync(path.dirname(wrapper), { recursive: true })
  // LD_LIBRARY_PATH of cargo's would put the machine's libraries before the suite's.
  writeFileSync(wrapper, `#!/bin/sh\nunset LD_LIBRARY_PATH\nexec '${loader}' --library-path '${libraries}' '${dir}/usr/bin/rustc' "$@"\n`)
  chmodSync(wrapper, 0o755)
  return wrapper
}

/**
 * @param {string} triple
 * @returns {Promise<Compiler>}
 * @throws {SetupError} When there is none for it.
 */
export async function compilerFor(triple) {
  const libraries = ask('rustc', ['--print', 'target-libdir', '--target', triple])
  if (libraries !== null && existsSync(libraries)) {
    return { name: ask('rustc', ['--version']) ?? 'rustc', args: [], env: {} }
  }
  const rustc = await debianRustc()
  return {
    name: `${ask(rustc, ['--version']) ?? 'rustc'}, Debian ${SUITE}'s, with a standard library of its own sources`,
    args: ['-Zbuild-std=std,panic_unwind'],
    // Building the standard library is cargo's nightly matter; this lets a stable one do it.
    env: { RUSTC: rustc, RUSTC_BOOTSTRAP: '1' },
  }
}
