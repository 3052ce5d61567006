// Everything that cargo needs to build for a target. The linker is zig's, which knows every glibc since
// 2.17, and musl; for musl Debian has the standard library's sources only.
import { mkdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { inRoot, root } from '../lib/paths.mjs'
import { python } from '../lib/python.mjs'
import { compilerFor } from './rustc.mjs'

// From PyPI: the same for everybody.
const LINKER = ['ziglang==0.15.2', 'cargo-zigbuild==0.24.0']

const cross = inRoot('target', 'cross')

/**
 * @typedef {object} Toolchain
 * @property {string} rustc What it is, for the person who reads.
 * @property {string} zigbuild The program `cargo-zigbuild`.
 * @property {string[]} args For cargo, after its command.
 * @property {Record<string, string>} env For cargo.
 */

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
  const compiler = await compilerFor(target.triple, target.glibc === null ? null : target.debian)
  const zigCache = path.join(cross, 'zig')
  const cargoHome = process.env['CARGO_HOME'] ?? path.join(os.homedir(), '.cargo')
  return {
    rustc: compiler.name,
    args: compiler.args,
    zigbuild: path.join(bin, 'cargo-zigbuild'),
    env: {
      RUSTC: compiler.rustc,
      // zigbuild looks for zig in this Python.
      PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
      CARGO_ZIGBUILD_CACHE_DIR: zigCache, ZIG_GLOBAL_CACHE_DIR: path.join(zigCache, 'global'),
      PKG_CONFIG_ALLOW_CROSS: '1',
      [`PKG_CONFIG_LIBDIR_${target.triple.replaceAll('-', '_')}`]: packageConfig(),
      // Panic messages name source files: not where they lie on the machine that built.
      CARGO_ENCODED_RUSTFLAGS: [
        `--remap-path-prefix=${cargoHome}=cargo`, `--remap-path-prefix=${root}=noxrun`,
        // Node for musl is linked dynamically, so what it loads must be, too.
        ...(target.glibc === null ? ['-Ctarget-feature=-crt-static'] : []),
      ].join('\x1f'),
      ...compiler.env,
    },
  }
}
