// The phones that the C library is made for.

/**
 * @typedef {object} Target
 * @property {string} triple Rust's name.
 * @property {'android' | 'ios'} system
 * @property {string} folder Android's name of the ABI, Apple's of the slice.
 * @property {string} clang What the NDK's clang calls it, without the API level; empty for Apple's.
 */

/** AAudio came with this one; minSdk of an app that links the library. */
export const ANDROID_API = 26
/** The oldest iOS that an app that links the library may run on. */
export const IOS_VERSION = '15.0'

/** @type {readonly Target[]} */
export const targets = [
  { triple: 'aarch64-linux-android', system: 'android', folder: 'arm64-v8a', clang: 'aarch64-linux-android' },
  { triple: 'armv7-linux-androideabi', system: 'android', folder: 'armeabi-v7a', clang: 'armv7a-linux-androideabi' },
  { triple: 'x86_64-linux-android', system: 'android', folder: 'x86_64', clang: 'x86_64-linux-android' },
  { triple: 'aarch64-apple-ios', system: 'ios', folder: 'ios-arm64', clang: '' },
  { triple: 'aarch64-apple-ios-sim', system: 'ios', folder: 'ios-arm64-simulator', clang: '' },
]
