// The scripts of a release, tried on packages made up here: nothing leaves this machine.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { inRoot } from '../lib/paths.mjs'
import { run, tail } from '../lib/process.mjs'

/** @typedef {{ name: string, version: string, private?: boolean, optionalDependencies?: Record<string, string> }} Manifest */

const version = '9.9.9-check.1'
const platforms = ['noxrun-linux-x64-gnu', 'noxrun-win32-x64-msvc']
/** @type {Manifest} */
const rootPackage = { name: 'noxrun', version, optionalDependencies: Object.fromEntries(platforms.map((name) => [name, version])) }
/** @type {Manifest[]} */
const whole = [rootPackage, ...platforms.map((name) => ({ name, version }))]

/**
 * What publish.mjs says of a folder with these packages.
 * @param {readonly Manifest[]} manifests
 */
async function publish(manifests) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'noxrun-release-'))
  try {
    for (const manifest of manifests) {
      const dir = path.join(scratch, manifest.name)
      mkdirSync(path.join(dir, 'package'), { recursive: true })
      writeFileSync(path.join(dir, 'package', 'package.json'), JSON.stringify(manifest))
      const made = await run('tar', ['-czf', path.join(scratch, `${manifest.name}.tgz`), '-C', dir, 'package'])
      if (made.status !== 0) throw new Error(made.output)
    }
    // No registry is asked: a dry run has nothing to ask for.
    const env = { npm_config_offline: 'true' }
    return await run(process.execPath, [inRoot('scripts', 'publish.mjs'), scratch, '--dry-run'], { env, timeout: 120_000 })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/**
 * @param {readonly Manifest[]} manifests
 * @param {string} reason
 */
async function refuses(manifests, reason) {
  const { status, output } = await publish(manifests)
  if (status === 0 || !output.includes(reason)) throw new Error(`expected "${reason}", got (${status}):\n${tail(output, 10)}`)
}

/** @param {import('../lib/checks.mjs').Checks} checks */
export async function checkRelease(checks) {
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
}
