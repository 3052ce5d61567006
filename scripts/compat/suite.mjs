// What the parts of the compatibility run share: where they work, and how they run programs.
import { cpSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { installTarballs } from '../lib/install-packed.mjs'
import { inRoot } from '../lib/paths.mjs'
import { run, tail } from '../lib/process.mjs'

/**
 * @typedef {object} Suite
 * @property {string} scratch A folder of our own.
 * @property {readonly string[]} tarballs
 * @property {import('../lib/checks.mjs').Checks} checks
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
export function project(suite, name) {
  const dir = path.join(suite.scratch, name)
  mkdirSync(dir)
  cpSync(guests, dir, { recursive: true })
  return dir
}

/**
 * A project with the package installed from its tarballs.
 * @param {Suite} suite
 * @param {string} name
 * @returns {Promise<string>}
 */
export async function consumer(suite, name) {
  const dir = project(suite, name)
  await installTarballs(dir, suite.tarballs, path.join(suite.scratch, 'empty cache'))
  return dir
}

/**
 * Runs a program in a folder; throws the end of what it said unless it ended as it should.
 * @param {string} cwd
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string | undefined>, status?: number, says?: string | RegExp, timeout?: number }} [options] `status` defaults to 0.
 * @returns {Promise<import('../lib/process.mjs').RunResult>}
 */
export async function must(cwd, command, args, options = {}) {
  const result = await run(command, args, {
    cwd,
    timeout: options.timeout ?? 120_000,
    // A module path or a binding of the checkout's must not help.
    env: { NODE_PATH: undefined, NODE_OPTIONS: undefined, NAPI_RS_NATIVE_LIBRARY_PATH: undefined, NOXRUN_BINDING: undefined, ...options.env },
  })
  const { status, output, timedOut } = result
  const what = `${path.basename(command)} ${args.map((arg) => path.basename(arg)).join(' ')}`
  if (status !== (options.status ?? 0)) throw new Error(`${what} ${timedOut ? 'did not end by itself' : `ended with ${status}`}:\n${tail(output, 25)}`)
  const { says } = options
  if (says !== undefined && !(typeof says === 'string' ? output.includes(says) : says.test(output))) throw new Error(`${what} did not say ${says}:\n${tail(output, 25)}`)
  return result
}

/** Node, the one that runs us. */
export const node = process.execPath
