// The phones that the C library is made for, and the versions that are pinned for them in pins.json:
// the scripts, the workflows and the guide know them from there.
import { readFileSync } from 'node:fs'
import { inRoot } from '../lib/paths.mjs'

/**
 * @typedef {object} Target
 * @property {string} triple Rust's name.
 * @property {'android' | 'ios'} system
 * @property {string} folder Android's name of the ABI, Apple's of the slice.
 * @property {string} clang What the NDK's clang calls it, without the API level; empty for Apple's.
 */

/**
 * @typedef {object} Pins
 * @property {string} ndk The NDK, as the SDK manager names it.
 * @property {string} ndkName The same, as people do.
 * @property {number} androidApi minSdk of an app that links the library: AAudio came with 26.
 * @property {string} iosMin The oldest iOS that it may run on.
 */

export const pins = /** @type {Pins} */ (JSON.parse(readFileSync(inRoot('scripts', 'mobile', 'pins.json'), 'utf8')))

/** @type {readonly Target[]} */
export const targets = [
  { triple: 'aarch64-linux-android', system: 'android', folder: 'arm64-v8a', clang: 'aarch64-linux-android' },
  { triple: 'armv7-linux-androideabi', system: 'android', folder: 'armeabi-v7a', clang: 'armv7a-linux-androideabi' },
  { triple: 'x86_64-linux-android', system: 'android', folder: 'x86_64', clang: 'x86_64-linux-android' },
  { triple: 'aarch64-apple-ios', system: 'ios', folder: 'ios-arm64', clang: '' },
  { triple: 'aarch64-apple-ios-sim', system: 'ios', folder: 'ios-arm64-simulator', clang: '' },
]
