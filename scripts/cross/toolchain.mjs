// The compiler for a target: the machine's own where it has the target's standard library, else
// Debian's, unpacked and started through the loader of its own suite. The linker is zig's, which knows
// every glibc since 2.17.
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { inRoot, root } from '../lib/paths.mjs'
import { ask } from '../lib/process.mjs'
import { python } from '../lib/python.mjs'
import { unpacked } from './debian.mjs'

// From PyPI: the same for everybody.
const LINKER = ['ziglang==0.15.2', 'cargo-zigbuild==0.24.0']
/** The suite whose `rustc-web` is new enough and has the standard library for every architecture. */
const SUITE = 'trixie'

const cross = inRoot('target', 'cross')

/**
 * @typedef {object} Toolchain
 * @property {string} rustc What it is, for the person who reads.
 * @property {string} zig The Python that has zig.
 * @property {string} zigbuild The program `cargo-zigbuild`.
 * @property {Record<string, string>} env For cargo.
 */

/**
 * @param {string} file
 * @param {string} text
 */
function program(file, text) {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, 0o755)
}

/**
 * Whether the machine's own compiler has the standard library of a target.
 * @param {string} triple
 */
function machineHas(triple) {
  const libraries = ask('rustc', ['--print', 'target-libdir', '--target', triple])
  return libraries !== null && existsSync(libraries)
}

/**
 * Debian's compiler, with the standard library of a target laid beside the one of this machine.
 * @param {import('./targets.mjs').Target} target
 * @returns {Promise<string>} A program that acts as `rustc`.
 */
async function debianRustc(target) {
  // rustc-web alone: what else it depends on is a C compiler, which zig is for us.
  const dir = await unpacked('rustc', { suite: SUITE, whole: ['libstd-rust-web-dev'], alone: ['rustc-web'] })
  const std = await unpacked(`rust-${target.debian}`, { suite: SUITE, alone: [`libstd-rust-web-dev:${target.debian}`] })
  const rustlib = path.join('usr', 'lib', 'rustlib', target.triple)
  if (!existsSync(path.join(std, rustlib))) throw new Error(`Debian's package for ${target.debian} has no ${rustlib}`)
  rmSync(path.join(dir, rustlib), { recursive: true, force: true })
  symlinkSync(path.join(std, rustlib), path.join(dir, rustlib))
  const loader = path.join(dir, 'usr', 'lib64', 'ld-linux-x86-64.so.2')
  const libraries = path.join(dir, 'usr', 'lib', 'x86_64-linux-gnu')
  const wrapper = path.join(cross, 'bin', 'rustc')
  // LD_LIBRARY_PATH of cargo's would put the machine's libraries before the suite's.
  program(wrapper, `#!/bin/sh\nunset LD_LIBRARY_PATH\nexec '${loader}' --library-path '${libraries}' '${dir}/usr/bin/rustc' "$@"\n`)
  return wrapper
}

/**
 * A folder for pkg-config that knows jack only: libjack is loaded at run time, its crate merely asks
 * whether it is there.
 * @returns {string}
 */
function packageConfig() {
  const dir = path.join(cross, 'pkgconfig')
  mkdirSync(dir, { recursive: true })
  writeFileSync(path.join(dir, 'jack.pc'), 'Name: jack\nDescription: loaded at run time, not linked\nVersion: 1.9.22\n')
  return dir
}

/**
 * Everything that cargo needs to build for a target.
 * @param {import('./targets.mjs').Target} target
 * @returns {Promise<Toolchain>}
 */
export async function toolchain(target) {
  const interpreter = await python(LINKER)
  const bin = path.dirname(interpreter)
  const own = machineHas(target.triple)
  const rustc = own ? 'rustc' : await debianRustc(target)
  const zigCache = path.join(cross, 'zig')
  const cargoHome = process.env['CARGO_HOME'] ?? path.join(os.homedir(), '.cargo')
  return {
    rustc: `${ask(rustc, ['--version']) ?? 'rustc'}${own ? '' : `, Debian ${SUITE}'s`}`,
    zig: interpreter,
    zigbuild: path.join(bin, 'cargo-zigbuild'),
    env: {
      RUSTC: rustc,
      // zigbuild looks for zig in this Python.
      PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
      CARGO_ZIGBUILD_CACHE_DIR: zigCache, ZIG_GLOBAL_CACHE_DIR: path.join(zigCache, 'global'),
      PKG_CONFIG_ALLOW_CROSS: '1',
      [`PKG_CONFIG_LIBDIR_${target.triple.replaceAll('-', '_')}`]: packageConfig(),
      // Panic messages name source files: not where they lie on the machine that built.
      CARGO_ENCODED_RUSTFLAGS: [`--remap-path-prefix=${cargoHome}=cargo`, `--remap-path-prefix=${root}=noxrun`].join('\x1f'),
    },
  }
}
