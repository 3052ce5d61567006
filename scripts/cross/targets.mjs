// What is built for other machines: one row a platform that a package is made for and that can be built
// here from package registries alone. The platforms' names are napi-rs's.

/**
 * @typedef {object} Target
 * @property {string} id As in the name of the platform's package, `noxrun-<id>`.
 * @property {string} triple Rust's name.
 * @property {string} debian Debian's name of the architecture.
 * @property {string | null} glibc The oldest glibc that the binaries must run with; null for musl.
 * @property {string} format The file format that objdump prints.
 * @property {string} qemu The emulator's program.
 * @property {{ version: string, arch: import('../lib/node-binaries.mjs').NodeArch }} node The oldest line
 *   of Node that is supported and can be had from npm.
 */

/**
 * Node 20 itself needs glibc 2.28; 2.17 is what zig can promise on all of these, and the first that
 * arm64 has.
 * @type {readonly Target[]}
 */
export const targets = [
  {
    id: 'linux-x64-gnu', triple: 'x86_64-unknown-linux-gnu', debian: 'amd64',
    glibc: '2.17', format: 'elf64-x86-64', qemu: 'qemu-x86_64', node: { version: '20', arch: 'x64' },
  },
  {
    id: 'linux-arm64-gnu', triple: 'aarch64-unknown-linux-gnu', debian: 'arm64',
    glibc: '2.17', format: 'elf64-little', qemu: 'qemu-aarch64', node: { version: '20', arch: 'arm64' },
  },
  {
    id: 'linux-arm-gnueabihf', triple: 'armv7-unknown-linux-gnueabihf', debian: 'armhf',
    glibc: '2.17', format: 'elf32-little', qemu: 'qemu-arm', node: { version: '20.11.0', arch: 'arm' },
  },
  {
    id: 'linux-x64-musl', triple: 'x86_64-unknown-linux-musl', debian: 'amd64',
    glibc: null, format: 'elf64-x86-64', qemu: 'qemu-x86_64', node: { version: '20', arch: 'x64' },
  },
  {
    id: 'linux-arm64-musl', triple: 'aarch64-unknown-linux-musl', debian: 'arm64',
    glibc: null, format: 'elf64-little', qemu: 'qemu-aarch64', node: { version: '20', arch: 'arm64' },
  },
]

/**
 * @param {string} name A platform or a Rust triple.
 * @returns {Target | undefined}
 */
export function targetOf(name) {
  return targets.find((target) => target.id === name || target.triple === name)
}

/** How a caller may name the targets. */
export const usage = targets.map((target) => `  ${target.id.padEnd(20)} ${target.triple}`).join('\n')
