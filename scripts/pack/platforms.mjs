// The one table of platforms that packages are made for. The loader's list, napi.targets in package.json
// and the root's optionalDependencies follow it; `scripts/pack-check.mjs` compares them.

/**
 * @typedef {object} Platform
 * @property {string} id napi-rs' name of it; the package is `noxrun-` and this.
 * @property {string} triple Rust's name of it.
 * @property {string} title For people.
 * @property {'linux' | 'darwin' | 'win32'} os As npm and `process.platform` call it.
 * @property {'x64' | 'arm64' | 'arm'} cpu As npm and `process.arch` call it.
 * @property {'glibc' | 'musl'} [libc] Linux only.
 */

/** @type {readonly Platform[]} */
export const platforms = [
  { id: 'linux-x64-gnu', triple: 'x86_64-unknown-linux-gnu', title: 'Linux x64 (glibc)', os: 'linux', cpu: 'x64', libc: 'glibc' },
  { id: 'linux-arm64-gnu', triple: 'aarch64-unknown-linux-gnu', title: 'Linux arm64 (glibc)', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { id: 'linux-arm-gnueabihf', triple: 'armv7-unknown-linux-gnueabihf', title: 'Linux ARMv7 (glibc)', os: 'linux', cpu: 'arm', libc: 'glibc' },
  { id: 'linux-x64-musl', triple: 'x86_64-unknown-linux-musl', title: 'Linux x64 (musl)', os: 'linux', cpu: 'x64', libc: 'musl' },
  { id: 'linux-arm64-musl', triple: 'aarch64-unknown-linux-musl', title: 'Linux arm64 (musl)', os: 'linux', cpu: 'arm64', libc: 'musl' },
  { id: 'darwin-x64', triple: 'x86_64-apple-darwin', title: 'macOS x64', os: 'darwin', cpu: 'x64' },
  { id: 'darwin-arm64', triple: 'aarch64-apple-darwin', title: 'macOS arm64', os: 'darwin', cpu: 'arm64' },
  { id: 'win32-x64-msvc', triple: 'x86_64-pc-windows-msvc', title: 'Windows x64', os: 'win32', cpu: 'x64' },
  { id: 'win32-arm64-msvc', triple: 'aarch64-pc-windows-msvc', title: 'Windows arm64', os: 'win32', cpu: 'arm64' },
]

/** @param {Platform} platform */
export const packageName = (platform) => `noxrun-${platform.id}`

/** @param {Platform} platform */
export const binaryName = (platform) => `noxrun.${platform.id}.node`
