// The list of a binary's parts (SBOM), as CycloneDX 1.6 in JSON. The same input gives the same bytes:
// no time and no random number is in it.
import { createHash } from 'node:crypto'
import { keyOf } from './crates.mjs'

/** @typedef {import('./crates.mjs').Crate} Crate */

/** @param {{ name: string, version: string }} crate */
const purl = ({ name, version }) => `pkg:cargo/${name}@${version}`

/** @param {Crate} crate */
function component(crate) {
  return {
    type: 'library',
    'bom-ref': keyOf(crate),
    name: crate.name,
    version: crate.version,
    ...(crate.authors.length > 0 && { author: crate.authors.join(', ') }),
    licenses: [{ expression: crate.licence }],
    // Our own crates are in no registry.
    ...(!crate.isOurs && { purl: purl(crate) }),
    ...(crate.checksum !== null && { hashes: [{ alg: 'SHA-256', content: crate.checksum }] }),
    ...(crate.repository !== null && { externalReferences: [{ type: 'vcs', url: crate.repository }] }),
  }
}

/**
 * @param {readonly Crate[]} crates
 * @param {{ name: string, version: string, rust: string, file: string, binary: Buffer }} of The package and the binary in it.
 */
export function sbom(crates, of) {
  const self = `${of.name}@${of.version}`
  const std = `rust-std@${of.rust}`
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'library',
        'bom-ref': self,
        name: of.name,
        version: of.version,
        purl: `pkg:npm/${of.name}@${of.version}`,
        licenses: [{ expression: 'MIT OR Apache-2.0' }],
        components: [{ type: 'file', name: of.file, hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(of.binary).digest('hex') }] }],
      },
    },
    components: [
      {
        type: 'library', 'bom-ref': std, name: 'rust-std', version: of.rust, description: "Rust's standard library",
        licenses: [{ expression: 'MIT OR Apache-2.0' }],
        externalReferences: [{ type: 'vcs', url: 'https://github.com/rust-lang/rust' }],
      },
      ...crates.map(component),
    ],
    dependencies: [
      { ref: self, dependsOn: [...crates.filter(({ name }) => name === 'noxrun-node').map(keyOf), std] },
      ...crates.map((crate) => ({ ref: keyOf(crate), dependsOn: crate.dependsOn })),
    ],
  }
}
