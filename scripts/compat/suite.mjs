// What the parts of the compatibility run share: where they work, and how they run programs.
import { cpSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { inRoot } from '../lib/paths.mjs'
import { tail } from '../lib/process.mjs'

/**
 * @typedef {object} Suite
 * @property {import('../lib/checks.mjs').Checks} checks
 * @property {import('../ship/consumers.mjs').Consumers} consumers
 * @property {string[]} packed The tarballs, the package's own and this platform's.
 * @property {string} scratch A folder whose path has no space in it, for what cannot bear one.
 */

/** What a consumer prints when all it did was right. */
export const WORKED = 'all of it worked'

const guests = inRoot('scripts', 'compat', 'guests')

/**
 * A project with the consumers in it and nothing installed.
 * @param {Suite} suite
 * @param {string} name
 * @returns {string}
 */
export function project({ consumers }, name) {
  const dir = consumers.folder(name)
  mkdirSync(dir)
  cpSync(guests, dir, { recursive: true })
  return dir
}

/**
 * A project with the package installed.
 * @param {Suite} suite
 * @param {string} name
 * @returns {Promise<string>}
 */
export async function consumer({ consumers }, name) {
  const dir = await consumers.install(name)
  cpSync(guests, dir, { recursive: true })
  return dir
}

/**
 * Runs a program in a folder; throws the end of what it said unless it ended as it should.
 * @param {Suite} suite
 * @param {string} cwd
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, status?: number, says?: string }} [options] `status` defaults to 0.
 */
export async function must({ consumers }, cwd, command, args, { env = {}, status: wanted = 0, says } = {}) {
  const result = await consumers.try(cwd, command, args, env)
  const { status, output, timedOut } = result
  const what = `${path.basename(command)} ${args.map((arg) => path.basename(arg)).join(' ')}`
  if (status !== wanted) throw new Error(`${what} ${timedOut ? 'did not end by itself' : `ended with ${status}, not ${wanted}`}:\n${tail(output, 25)}`)
  if (says !== undefined && !output.includes(says)) throw new Error(`${what} did not say ${says}:\n${tail(output, 25)}`)
  return result
}

/** Node, the one that runs us. */
export const node = process.execPath
