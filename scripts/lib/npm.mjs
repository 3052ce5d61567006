// npm, wherever it is: under an npm script it is the one that runs us, otherwise the one on the PATH.
import process from 'node:process'
import { run, tail } from './process.mjs'

/**
 * The program and its first arguments that start npm.
 * @returns {[string, ...string[]]}
 */
export function npmCommand() {
  const script = process.env['npm_execpath']
  return script?.endsWith('js') ? [process.execPath, script] : ['npm']
}

/**
 * Runs npm and returns its standard output; throws the end of what it said when it failed.
 * @param {readonly string[]} args
 * @param {import('./process.mjs').RunOptions} [options] `timeout` is five minutes unless given.
 * @returns {Promise<string>}
 */
export async function npm(args, options = {}) {
  const [command, ...before] = npmCommand()
  const { status, stdout, output } = await run(command, [...before, ...args], { timeout: 300_000, ...options })
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed (${status}):\n${tail(output, 30)}`)
  return stdout
}
