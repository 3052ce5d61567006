// The list of a binary's parts (SBOM), as CycloneDX 1.6 in JSON. The same input gives the same bytes:
// no time and no random number is in it.
import { createHash } from 'node:crypto'
import { keyOf } from './crates.mjs'

/**
 * @typedef {import('./crates.mjs').Crate} Crate
 * @typedef {import('./std.mjs').Part} Part
 */

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

/** @param {Part} part */
function standardComponent({ name, version, licence, repository }) {
  return {
    type: 'library', 'bom-ref': `std:${name}`, name, ...(version !== null && { version }),
    licenses: [{ expression: licence }], externalReferences: [{ type: 'vcs', url: repository }],
  }
}

/**
 * @param {readonly Crate[]} crates
 * @param {readonly Part[]} standard See `standardParts`.
 * @param {{ name: string, version: string, file: string, binary: Buffer }} of The package and the binary in it.
 */
export function sbom(crates, standard, of) {
  const self = `${of.name}@${of.version}`
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
    components: [...standard.map(standardComponent), ...crates.map(component)],
    dependencies: [
      { ref: self, dependsOn: [...crates.filter(({ name }) => name === 'noxrun-node').map(keyOf), ...standard.map(({ name }) => `std:${name}`)] },
      ...crates.map((crate) => ({ ref: keyOf(crate), dependsOn: crate.dependsOn })),
    ],
  }
}
