// node scripts/release-notes.mjs [TAG]: is everything agreed on this version? Then prints what the
// changelog says of it, for the release. TAG is v and the version; default: the one in package.json.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { inRoot } from './lib/paths.mjs'

/** @param {string} file */
const read = (file) => readFileSync(inRoot(file), 'utf8')

/**
 * The section of a version, without its heading.
 * @param {string} changelog
 * @param {string} version
 * @throws {Error} When there is none, when it has no date or when it is empty.
 */
function sectionOf(changelog, version) {
  const lines = changelog.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`## [${version}]`))
  const heading = lines[start]
  if (heading === undefined) throw new Error(`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD"`)
  if (!/ - \d{4}-\d{2}-\d{2}$/.test(heading)) throw new Error(`CHANGELOG.md: "${heading}" lacks the day of the release: "## [${version}] - YYYY-MM-DD"`)
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => line.startsWith('## '))
  const section = (end < 0 ? rest : rest.slice(0, end)).join('\n').trim()
  if (section === '') throw new Error(`CHANGELOG.md says nothing of ${version}`)
  return section
}

/** @param {string | undefined} tag */
function main(tag) {
  const { version } = /** @type {{ version: string }} */ (JSON.parse(read('package.json')))
  const crates = /^version = "(.*)"$/m.exec(read('Cargo.toml'))?.[1]
  const { version: lock } = /** @type {{ version: string }} */ (JSON.parse(read('package-lock.json')))
  for (const [file, found] of [['Cargo.toml', crates], ['package-lock.json', lock]]) {
    if (found !== version) throw new Error(`${file} says ${found ?? 'nothing'}, package.json says ${version}`)
  }
  if (tag !== undefined && tag !== `v${version}`) throw new Error(`the tag is ${tag}, package.json says ${version}: it must be v${version}`)
  return sectionOf(read('CHANGELOG.md'), version)
}

const [tag, ...more] = process.argv.slice(2)
if (more.length > 0 || tag?.startsWith('-')) {
  console.error('usage: node scripts/release-notes.mjs [TAG]')
  process.exit(2)
}
try {
  console.log(main(tag))
} catch (error) {
  console.error(`release-notes: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
