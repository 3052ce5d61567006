// What other people's tools say of the packages: publint, attw, and npm of both generations.
import { cpSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { binOf } from '../lib/build.mjs'
import { npm } from '../lib/npm.mjs'
import { inRoot, root } from '../lib/paths.mjs'
import { run, tail } from '../lib/process.mjs'

/**
 * @typedef {import('../lib/checks.mjs').Checks} Checks
 * @typedef {import('../pack/stage.mjs').Packed} Packed
 */

/** @param {readonly string[]} args */
async function tool(args) {
  const { status, output } = await run(process.execPath, args, { cwd: root, timeout: 180_000, env: { FORCE_COLOR: '0' } })
  if (status !== 0) throw new Error(tail(output, 40))
  return output
}

/**
 * @param {Checks} checks
 * @param {Packed} main
 * @param {readonly Packed[]} platforms
 */
export async function checkWithLinters(checks, main, platforms) {
  await checks.check('publint finds nothing, suggestions included', async () => {
    for (const { file } of [main, ...platforms]) await tool([binOf('publint', 'publint'), 'run', file, '--strict', '--level', 'suggestion'])
    return `${1 + platforms.length} packages`
  })
  await checks.check('attw finds the types right for every way of resolving that Node 20 has', async () => {
    // The way of TypeScript's `node10` knows no `exports`, which every Node that we support has.
    await tool([binOf('@arethetypeswrong/cli', 'attw'), main.file, '--profile', 'node16', '--no-emoji', '--no-color'])
  })
}

/**
 * The committed manifest, for whoever works on the project.
 * @param {Checks} checks
 * @param {string} scratch
 * @param {readonly string[]} generations Such as '10'.
 */
export async function checkNpmCi(checks, scratch, generations) {
  for (const generation of generations) {
    await checks.check(`npm ${generation} installs the committed manifest with "npm ci"`, async () => {
      const dir = path.join(scratch, `npm ${generation}`)
      mkdirSync(dir)
      for (const file of ['package.json', 'package-lock.json', '.npmrc']) cpSync(inRoot(file), path.join(dir, file))
      const program = ['exec', '--yes', `--package=npm@${generation}`, '--', 'npm']
      const version = (await npm([...program, '--version'], { cwd: scratch })).trim()
      if (!version.startsWith(`${generation}.`)) throw new Error(`that is npm ${version}`)
      await npm([...program, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd: dir })
      return `npm ${version}`
    })
  }
}
