// THIRD-PARTY-NOTICES.md: whose work is linked into a binary, under which licence, in which words.
import { licenceTexts, mitText } from './crates.mjs'

/**
 * @typedef {import('./crates.mjs').Crate} Crate
 * @typedef {import('./std.mjs').Part} Part
 */

/** Licences that ask whoever passes the binary on to say where the source is. */
const isFileCopyleft = (/** @type {Crate} */ { licence }) => /\bMPL-/.test(licence)

/** @param {Crate | Part} part */
const named = ({ name, version }) => version === null ? name : `${name} ${version}`
/** @param {Crate | Part} part */
const line = (part) => `- ${named(part)}: ${part.licence}${part.repository === null ? '' : `, ${part.repository}`}`

/**
 * @param {readonly Crate[]} crates
 * @param {readonly Part[]} standard See `standardParts`.
 * @param {string} title The platform, for people.
 * @returns {string}
 */
export function notices(crates, standard, title) {
  const others = crates.filter((crate) => !crate.isOurs)
  /** @type {Map<string, string[]>} Text → what is under it; many ship the very same. */
  const texts = new Map()
  /** @param {string} text @param {string} name */
  const add = (text, name) => texts.set(text, [...(texts.get(text) ?? []), name])
  for (const part of standard) if (part.holders !== null) add(mitText(part.holders), named(part))
  for (const crate of others) for (const text of licenceTexts(crate)) add(text, named(crate))
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
    ...others.filter((crate) => !isFileCopyleft(crate)).map(line),
    '',
    "## Rust's standard library, and what is linked in with it",
    '',
    ...standard.map(line),
    '',
    '## The texts',
    ...[...texts].flatMap(([text, names]) => ['', `### ${names.join(', ')}`, '', '```text', text, '```']),
    '',
  ].join('\n')
}
