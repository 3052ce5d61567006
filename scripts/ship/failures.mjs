// Installs that go wrong, as they do for real people, each made by npm itself. Importing the package
// must then give one error that names what is missing and what to do.
import { rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

/**
 * @typedef {import('./consumers.mjs').Consumers} Consumers
 * @typedef {import('../lib/checks.mjs').Checks} Checks
 * @typedef {import('../pack/platforms.mjs').Platform} Platform
 */

/** Prints what `import` threw; an import that works prints nothing. */
const PROBE = "import('noxrun').catch((error) => { const { name, code, message, detail } = error; console.log(JSON.stringify({ name, code, message, detail })) })"

/**
 * @param {Consumers} consumers
 * @param {string} dir
 * @param {{ reason: string, platform: Platform, says: readonly string[] }} expected
 * @returns {Promise<string>} The first line of the message.
 */
async function demandError(consumers, dir, { reason, platform, says }) {
  const said = await consumers.must(dir, process.execPath, ['--input-type=module', '--eval', PROBE])
  if (said.trim() === '') throw new Error('it was imported')
  /** @type {{ name: string, code: string, message: string, detail: { reason: string, platform: string } }} */
  const error = JSON.parse(said)
  if (error.name !== 'NoxrunError' || error.code !== 'ERR_UNSUPPORTED_PLATFORM') throw new Error(`${error.name} ${error.code}: ${error.message}`)
  if (error.detail.reason !== reason || error.detail.platform !== platform.id) throw new Error(`it says ${JSON.stringify(error.detail)}`)
  const unsaid = says.filter((text) => !error.message.includes(text))
  if (unsaid.length > 0) throw new Error(`it does not say ${unsaid.join(', ')}:\n${error.message}`)
  return error.message.split('\n')[0] ?? ''
}

/**
 * @param {Consumers} consumers
 * @param {Checks} checks
 * @param {Platform} platform This machine's.
 * @param {{ otherLibc: Platform, otherCpu: Platform | null }} others Platforms in the registry that npm can be told to install instead.
 */
export async function checkFailures(consumers, checks, platform, { otherLibc, otherCpu }) {
  const name = `noxrun-${platform.id}`
  const missing = { reason: 'missing', platform, says: [name, '--omit=optional', '--include=optional', 'package-lock.json', `npm install ${name}@`] }
  await checks.check('installed with --omit=optional: one error names the package and the remedy', async () => {
    return demandError(consumers, await consumers.install('omit optional', { args: ['--omit=optional'] }), missing)
  })
  await checks.check('and that remedy helps', async () => {
    const dir = consumers.folder('omit optional')
    await consumers.npm(dir, ['install', '--ignore-scripts', '--include=optional'])
    await consumers.must(dir, process.execPath, ['--eval', "require('noxrun')"])
  })
  await checks.check("without its platform's package: the same error, and asking for the package by name helps", async () => {
    const dir = await consumers.install('no platform')
    rmSync(path.join(dir, 'node_modules', name), { recursive: true })
    const said = await demandError(consumers, dir, missing)
    await consumers.npm(dir, ['install', '--ignore-scripts', name])
    await consumers.must(dir, process.execPath, ['--eval', "require('noxrun')"])
    return said
  })
  await checks.check('installed for another C library: the error names both', async () => {
    const dir = await consumers.install('other libc', { args: [`--libc=${otherLibc.libc ?? ''}`] })
    return demandError(consumers, dir, { reason: 'other-platform', platform, says: [otherLibc.id, name, 'Delete node_modules'] })
  })
  if (otherCpu === null) {
    checks.skip('installed for another processor', 'no binary for one is here')
    return
  }
  await checks.check('installed for another processor: the error names both', async () => {
    const dir = await consumers.install('other processor', { args: [`--cpu=${otherCpu.cpu}`] })
    return demandError(consumers, dir, { reason: 'other-platform', platform, says: [otherCpu.id, name, 'Delete node_modules'] })
  })
}
