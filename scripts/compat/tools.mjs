// The tools that users build with, at exact versions, installed from npm into target/compat/tools. The
// table is the one place where versions stand.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { npm } from '../lib/npm.mjs'
import { inRoot, cargoTargetDir } from '../lib/paths.mjs'
import { digest, isStamped, writeStamp } from '../lib/stamp.mjs'
import { createRequire } from 'node:module'

/** The lines of Node that are supported; npm has their programs. */
export const NODES = ['20', '22', '24']

/** Name of our own, and the npm package with its exact version. */
const TOOLS = {
  'typescript-oldest': 'typescript@5.0.4',
  'typescript-newest-5': 'typescript@5.9.3',
  'typescript-6': 'typescript@6.0.3',
  'types-node': '@types/node@20.19.43',
  esbuild: 'esbuild@0.28.2',
  rollup: 'rollup@4.68.7',
  webpack: 'webpack@5.112.2',
  pnpm: 'pnpm@10.34.8',
  'yarn-classic': 'yarn@1.22.22',
  'yarn-berry': '@yarnpkg/cli-dist@4.18.1',
}

/** @typedef {keyof typeof TOOLS} Tool */

export const TYPESCRIPTS = /** @type {const} */ (['typescript-oldest', 'typescript-newest-5', 'typescript-6'])

const home = path.join(cargoTargetDir(), 'compat', 'tools')

/** Installs what the table names, unless it is there. Needs the registry that npm is set up for. */
export async function installTools() {
  const stamp = path.join(home, 'stamp')
  const value = digest([], [JSON.stringify(TOOLS)])
  if (isStamped(stamp, value)) return
  mkdirSync(home, { recursive: true })
  const dependencies = Object.fromEntries(Object.entries(TOOLS).map(([name, version]) => [name, `npm:${version}`]))
  writeFileSync(path.join(home, 'package.json'), JSON.stringify({ name: 'tools', private: true, dependencies }))
  await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel', 'error'], { cwd: home })
  writeStamp(stamp, value)
}

/**
 * What a tool is, for the line that tells what was proved.
 * @param {Tool} tool
 */
export function versionOf(tool) {
  return TOOLS[tool]
}

/**
 * Where a tool is installed.
 * @param {Tool} tool
 */
export function toolDir(tool) {
  return path.join(home, 'node_modules', tool)
}

/**
 * A tool's program, to be run by Node.
 * @param {Tool} tool
 * @param {string} command Its name in the package's `bin`.
 */
export function toolProgram(tool, command) {
  const require = createRequire(inRoot('package.json'))
  const { bin } = /** @type {{ bin: string | Record<string, string> }} */ (require(path.join(toolDir(tool), 'package.json')))
  const file = typeof bin === 'string' ? bin : bin[command]
  if (file === undefined) throw new Error(`${TOOLS[tool]} has no command ${command}`)
  return path.join(toolDir(tool), file)
}

/**
 * A module of the tools, as the tools' own programs would load it.
 * @param {Tool} tool
 * @returns {unknown}
 */
export function toolModule(tool) {
  const module = /** @type {unknown} */ (createRequire(path.join(home, 'package.json'))(tool))
  return module
}
