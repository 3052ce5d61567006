// THIRD-PARTY-NOTICES.md: whose work is linked into a binary, under which licence, in which words.
import { keyOf, licenceTexts, mitText } from './crates.mjs'

/** @typedef {import('./crates.mjs').Crate} Crate */

/** Licences that ask whoever passes the binary on to say where the source is. */
const isFileCopyleft = (/** @type {Crate} */ { licence }) => /\bMPL-/.test(licence)

/** @param {Crate} crate */
const line = (crate) => `- ${crate.name} ${crate.version}: ${crate.licence}${crate.repository === null ? '' : `, ${crate.repository}`}`

/**
 * @param {readonly Crate[]} crates
 * @param {string} rust The Rust release whose standard library is linked in.
 * @param {string} title The platform, for people.
 * @returns {string}
 */
export function notices(crates, rust, title) {
  const others = crates.filter((crate) => !crate.isOurs)
  /** @type {Map<string, string[]>} Text → what is under it; many ship the very same. */
  const texts = new Map([[mitText('The Rust Project Contributors'), [`the standard library of Rust ${rust}`]]])
  for (const crate of others) {
    for (const text of licenceTexts(crate)) texts.set(text, [...(texts.get(text) ?? []), keyOf(crate)])
  }
  const copyleft = others.filter(isFileCopyleft)
  return [
    `# Third-party notices of noxrun's engine for ${title}`,
    '',
    'noxrun itself is under MIT OR Apache-2.0, as you choose (LICENSE-MIT, LICENSE-APACHE). The work of others below is linked into',
    'the binary. Where a licence reads "A OR B", noxrun uses it under either.',
    '',
    '## Under the Mozilla Public License 2.0',
    '',
    'These are used unchanged. Their source code is at the address beside each, at the version named, and in the package of that',
    'name and version in the public registry of Rust crates (`cargo add NAME@=VERSION` followed by `cargo vendor` fetches it).',
    'You may get, change and pass it on under the terms of that licence, whose text is below.',
    '',
    ...copyleft.map(line),
    '',
    '## Under other licences',
    '',
    `- the standard library of Rust ${rust}: MIT OR Apache-2.0, https://github.com/rust-lang/rust`,
    ...others.filter((crate) => !isFileCopyleft(crate)).map(line),
    '',
    '## The texts',
    ...[...texts].flatMap(([text, names]) => ['', `### ${names.join(', ')}`, '', '```text', text, '```']),
    '',
  ].join('\n')
}
