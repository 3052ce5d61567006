// node scripts/release-notes.mjs TAG: is everything agreed on this version? Then prints what the changelog
// says of it, for the release. TAG is v and the version.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { inRoot } from './lib/paths.mjs'

/** @param {string} message */
function stop(message) {
  console.error(`release-notes: ${message}`)
  process.exit(1)
}

/** @param {string} file */
const read = (file) => readFileSync(inRoot(file), 'utf8')
/** @param {string} file */
const versionIn = (file) => /^ *"?version"?(?: =|:) "(.*)"/m.exec(read(file))?.[1] ?? 'nothing'

const [tag = ''] = process.argv.slice(2)
for (const file of ['package.json', 'package-lock.json', 'Cargo.toml']) {
  if (`v${versionIn(file)}` !== tag) stop(`the tag is ${tag}, ${file} says ${versionIn(file)}`)
}
const version = tag.slice(1)
const [, day, text = ''] = read('CHANGELOG.md').split(/^## /m).map((section) => /^\[(.*?)\](?: - (\d{4}-\d{2}-\d{2}))?\n([^]*)/.exec(section))
  .find((found) => found?.[1] === version)?.slice(1) ?? []
if (day === undefined) stop(`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD"`)
if (text.trim() === '') stop(`CHANGELOG.md says nothing of ${version}`)
console.log(text.trim())
