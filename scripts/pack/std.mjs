// What is linked into a binary without being in Cargo.lock: Rust's standard library with the crates
// inside it, and the unwinder where the system's own is not used.
import { run } from '../lib/process.mjs'

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string | null} version
 * @property {string} licence An SPDX expression.
 * @property {string} repository
 * @property {string | null} holders Of the copyright, for the MIT text; null where no text has to go along.
 */

const RUST = 'The Rust Project Contributors'

/** As in the release's own list of copyrights, for the crates that std links on our platforms. */
const INSIDE = [
  { name: 'addr2line', licence: 'Apache-2.0 OR MIT', holders: '2016-2018 The gimli Developers', repository: 'https://github.com/gimli-rs/addr2line' },
  { name: 'adler2', licence: '0BSD OR MIT OR Apache-2.0', holders: 'Jonas Schievink', repository: 'https://github.com/oyvindln/adler2' },
  { name: 'gimli', licence: 'MIT OR Apache-2.0', holders: '2015 The Rust Project Developers', repository: 'https://github.com/gimli-rs/gimli' },
  { name: 'hashbrown', licence: 'MIT OR Apache-2.0', holders: "2016 Amanieu d'Antras", repository: 'https://github.com/rust-lang/hashbrown' },
  { name: 'memchr', licence: 'Unlicense OR MIT', holders: '2015 Andrew Gallant', repository: 'https://github.com/BurntSushi/memchr' },
  { name: 'miniz_oxide', licence: 'MIT OR Zlib OR Apache-2.0', holders: '2017 Frommi, 2017-2024 oyvindln', repository: 'https://github.com/Frommi/miniz_oxide' },
  { name: 'object', licence: 'Apache-2.0 OR MIT', holders: '2015 The Gimli Developers', repository: 'https://github.com/gimli-rs/object' },
  { name: 'rustc-demangle', licence: 'MIT OR Apache-2.0', holders: '2014 Alex Crichton', repository: 'https://github.com/rust-lang/rustc-demangle' },
]

/**
 * The crates whose source files a binary names, in the messages of its panics: `…/name-1.2.3/src/file.rs`.
 * @param {Buffer} binary
 * @returns {{ name: string, version: string }[]}
 */
export function cratesNamedIn(binary) {
  const found = binary.toString('latin1').matchAll(/([a-z][\w-]*)-(\d+\.\d+\.\d+)\/src\//g)
  const keys = new Set([...found].map(([, name, version]) => `${name}@${version}`))
  return [...keys].map((key) => {
    const [name = '', version = ''] = key.split('@')
    return { name, version }
  })
}

/**
 * @param {Buffer} binary
 * @param {'linux' | 'darwin' | 'win32'} os
 * @returns {Promise<Part[]>} The standard library first.
 */
export async function standardParts(binary, os) {
  const text = binary.toString('latin1')
  // ELF files name the release that built them; for others it is the one here.
  const release = /rustc version (\d+\.\d+\.\d+)/.exec(text)?.[1] ?? (await run('rustc', ['--version'])).stdout.split(' ')[1]
  const versions = new Map(cratesNamedIn(binary).map(({ name, version }) => [name, version]))
  /** @type {Part[]} */
  const parts = [
    { name: 'rust-std', version: release ?? null, licence: 'MIT OR Apache-2.0', holders: RUST, repository: 'https://github.com/rust-lang/rust' },
    ...INSIDE.map((crate) => ({ ...crate, version: versions.get(crate.name) ?? null })),
  ]
  if (os === 'linux' && !text.includes('libgcc_s.so')) {
    // Its exception frees what is embedded in a binary from the notice.
    parts.push({
      name: 'llvm-libunwind', version: null, licence: 'Apache-2.0 WITH LLVM-exception', holders: null, repository: 'https://github.com/llvm/llvm-project',
    })
  }
  return parts
}
