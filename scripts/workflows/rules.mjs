// Rules of ours for workflows, beyond what actionlint knows: pinned actions, limits, and that what a
// workflow runs is in the repository.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { inRoot } from '../lib/paths.mjs'

/**
 * @typedef {{ uses?: string, run?: string, shell?: string }} Step
 * @typedef {{ steps?: Step[], uses?: string, 'timeout-minutes'?: number, defaults?: { run?: { shell?: string } } }} Job
 * @typedef {{ jobs: Record<string, Job>, permissions?: unknown, defaults?: { run?: { shell?: string } } }} Workflow
 */

/**
 * @param {string} text
 * @returns {Workflow | null} Null when it is no workflow.
 */
export function parse(text) {
  const document = parseDocument(text)
  if (document.errors.length > 0) return null
  const workflow = /** @type {Workflow | null} */ (document.toJS())
  return typeof workflow?.jobs === 'object' ? workflow : null
}

/**
 * Actions that somebody else can change under us. The version stands in a comment, for people and for
 * what brings it up to date.
 * @param {string} text
 */
export function unpinned(text) {
  return text.split('\n').flatMap((line, i) => {
    const used = /^\s*(?:-\s+)?uses:\s*(\S+)(.*)$/.exec(line)
    const [, action = '', comment = ''] = used ?? []
    if (!used || action.startsWith('./')) return []
    if (!/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/.test(action)) return [`line ${i + 1}: ${action} is not pinned by a commit of 40 digits`]
    return /^\s+# v\d+\.\d+\.\d+$/.test(comment) ? [] : [`line ${i + 1}: ${action} lacks its version, as in "# v1.2.3"`]
  })
}

/** @param {Workflow} workflow */
export function missingLimits(workflow) {
  const found = Object.entries(workflow.jobs)
    // A job that calls another workflow has that one's limits.
    .filter(([, job]) => job.uses === undefined && typeof job['timeout-minutes'] !== 'number')
    .map(([name]) => `job ${name} has no timeout-minutes`)
  return workflow.permissions === undefined ? ['the workflow grants the default permissions', ...found] : found
}

/**
 * Every command of a workflow, with its job.
 * @param {Workflow} workflow
 */
function commands(workflow) {
  return Object.entries(workflow.jobs).flatMap(([name, job]) =>
    (job.steps ?? []).flatMap(({ run, shell }) => {
      if (run === undefined) return []
      return [{ name, run, shell: shell ?? job.defaults?.run?.shell ?? workflow.defaults?.run?.shell ?? 'bash' }]
    }),
  )
}

/** @param {Workflow} workflow */
export function missingScripts(workflow) {
  const { scripts } = /** @type {{ scripts: Record<string, string> }} */ (JSON.parse(readFileSync(inRoot('package.json'), 'utf8')))
  return commands(workflow).flatMap(({ name, run }) =>
    [...run.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start))\b/g)]
      .map((match) => match[1] ?? match[2] ?? '')
      .filter((script) => !(script in scripts))
      .map((script) => `job ${name}: package.json has no script ${script}`),
  )
}

/** @param {Workflow} workflow */
export function missingFiles(workflow) {
  const run = commands(workflow).flatMap(({ name, run }) =>
    [...run.matchAll(/(?:^|[\s'"(=])((?:\.\/)?(?:scripts|\.ci|crates|docs|npm|fuzz)\/[\w./-]*\w)/gm)].map((match) => ({ name, file: match[1] ?? '' })),
  )
  const called = Object.entries(workflow.jobs).flatMap(([name, job]) =>
    [job.uses, ...(job.steps ?? []).map((step) => step.uses)]
      .filter((uses) => uses?.startsWith('./'))
      .map((uses) => ({ name, file: uses ?? '' })),
  )
  return [...run, ...called]
    .filter(({ file }) => !existsSync(inRoot(...file.split('/'))))
    .map(({ name, file }) => `job ${name}: ${file} is not there`)
}

/** @param {Workflow} workflow */
export function brokenShell(workflow) {
  return commands(workflow)
    .filter(({ shell }) => shell === 'bash')
    .flatMap(({ name, run }) => {
      // To bash, what the runner puts in place of an expression is a word.
      const { status, stderr } = spawnSync('bash', ['-n'], { input: run.replace(/\$\{\{.*?\}\}/gs, 'word'), encoding: 'utf8' })
      return status === 0 ? [] : [`job ${name}: ${stderr.trim()}`]
    })
}
