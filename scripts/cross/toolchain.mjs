// Everything that cargo needs to build for a target: its standard library from rustup, and zig as the linker,
// which knows every glibc since 2.17, and musl.
import { mkdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { inRoot, root } from '../lib/paths.mjs'
import { ask } from '../lib/process.mjs'
import { python } from '../lib/python.mjs'
import { step } from '../lib/steps.mjs'

// From PyPI: the same for everybody.
const LINKER = ['ziglang==0.15.2', 'cargo-zigbuild==0.24.0']

/** Sees to it that the compiler has a target's standard library. @param {string} triple */
export async function addTarget(triple) {
  if (ask('rustup', ['target', 'list', '--installed'])?.split('\n').includes(triple)) return
  await step(`Rust's standard library for ${triple}`, 'rustup', ['target', 'add', triple], {
    log: 'rustup-target', remedy: 'rustup comes from https://rustup.rs; is the network there?',
  })
}

/**
 * @typedef {object} Toolchain
 * @property {string} zigbuild The program `cargo-zigbuild`.
 * @property {Record<string, string>} env For cargo.
 */

/**
 * @param {import('./targets.mjs').Target} target
 * @returns {Promise<Toolchain>}
 */
export async function toolchain(target) {
  await addTarget(target.triple)
  const bin = path.dirname(await python(LINKER))
  const cross = inRoot('target', 'cross')
  // libjack is loaded at run time, its crate merely asks whether it is there.
  const pkgconfig = path.join(cross, 'pkgconfig')
  mkdirSync(pkgconfig, { recursive: true })
  writeFileSync(path.join(pkgconfig, 'jack.pc'), 'Name: jack\nDescription: loaded at run time, not linked\nVersion: 1.9.22\n')
  const cargoHome = process.env['CARGO_HOME'] ?? path.join(os.homedir(), '.cargo')
  return {
    zigbuild: path.join(bin, 'cargo-zigbuild'),
    env: {
      // zigbuild looks for zig in this Python.
      PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
      CARGO_ZIGBUILD_CACHE_DIR: path.join(cross, 'zig'), ZIG_GLOBAL_CACHE_DIR: path.join(cross, 'zig', 'global'),
      PKG_CONFIG_ALLOW_CROSS: '1',
      [`PKG_CONFIG_LIBDIR_${target.triple.replaceAll('-', '_')}`]: pkgconfig,
      // Panic messages name source files: not where they lie on the machine that built.
      CARGO_ENCODED_RUSTFLAGS: [
        `--remap-path-prefix=${cargoHome}=cargo`, `--remap-path-prefix=${root}=noxrun`,
        // Node for musl is linked dynamically, so what it loads must be, too.
        ...(target.glibc === null ? ['-Ctarget-feature=-crt-static'] : []),
      ].join('\x1f'),
    },
  }
}
