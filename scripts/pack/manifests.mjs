// The manifests as they are published: those of the platforms' packages, and the root's, which is the
// committed one with the platforms' packages and without what only development needs.
import { readFileSync } from 'node:fs'
import { inRoot } from '../lib/paths.mjs'
import { binaryName, packageName, platforms } from './platforms.mjs'

/** @typedef {import('./platforms.mjs').Platform} Platform */

/** Files that stand beside the binary in a platform's package. */
export const NOTICES = 'THIRD-PARTY-NOTICES.md'
export const SBOM = 'sbom.cdx.json'
export const LICENCES = ['LICENSE-APACHE', 'LICENSE-MIT']

/**
 * @typedef {object} RootManifest What these scripts read of package.json.
 * @property {string} version
 * @property {string} description
 * @property {string[]} keywords
 * @property {string} license
 * @property {Record<string, string>} engines
 * @property {string[]} files
 * @property {{ targets: string[] }} napi
 */

/** @returns {RootManifest} */
export function rootManifest() {
  /** @type {RootManifest} */
  const manifest = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  return manifest
}

/** Fields of a committed manifest that mean nothing, or harm, where it is installed. */
const DEVELOPMENT = ['private', 'scripts', 'devDependencies', 'overrides', 'ava', 'napi']

/** The root's manifest as it is published. */
export function publishedRoot() {
  const manifest = rootManifest()
  const kept = Object.entries(manifest).filter(([field]) => !DEVELOPMENT.includes(field))
  return {
    ...Object.fromEntries(kept),
    files: manifest.files,
    // Exactly this version: the loader refuses any other.
    optionalDependencies: Object.fromEntries(platforms.map((platform) => [packageName(platform), manifest.version])),
  }
}

/**
 * What a repository's address adds to every manifest: npm proves where a package was built only for a
 * package that names its repository.
 * @param {string | undefined} repository
 * @returns {Record<string, unknown>}
 */
export function publishing(repository) {
  if (repository === undefined) return {}
  return { repository: { type: 'git', url: repository }, publishConfig: { access: 'public', provenance: true } }
}

/** @param {Platform} platform */
export function platformManifest(platform) {
  const { version, description, keywords, license, engines } = rootManifest()
  return {
    name: packageName(platform),
    version,
    description: `The engine of noxrun for ${platform.title}. ${description}`,
    keywords,
    license,
    engines,
    os: [platform.os],
    cpu: [platform.cpu],
    ...(platform.libc !== undefined && { libc: [platform.libc] }),
    main: binaryName(platform),
    files: [binaryName(platform), NOTICES, SBOM, ...LICENCES],
    // A binary cannot be loaded from inside an archive.
    preferUnplugged: true,
  }
}

/** @param {Platform} platform */
export function platformReadme(platform) {
  return [
    `# \`${packageName(platform)}\``,
    '',
    `The engine of \`noxrun\` for ${platform.title} (\`${platform.triple}\`).`,
    '',
    'Install `noxrun`: npm adds this package by itself where it fits. It holds nothing but the binary, the licence notices of',
    `what is linked into it (\`${NOTICES}\`) and the list of its parts (\`${SBOM}\`, CycloneDX).`,
    '',
  ].join('\n')
}
