// One step of a set-up: a line while it runs, a line when it is done, and on failure the end of what
// it said together with what to do about it.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { root, stateDir } from './paths.mjs'
import { run } from './process.mjs'

const terminal = process.stdout.isTTY

/** A problem that the person at the keyboard can solve: its message says how. */
export class SetupError extends Error {}

/**
 * @param {string} name
 * @param {string} result
 */
export function done(name, result) {
  console.log(`setup: ${name}: ${result}`)
}

/**
 * The beginning and the end of a long text: programs say what is wrong in either place.
 * @param {string} text
 * @returns {string}
 */
function excerpt(text) {
  const lines = text.trimEnd().split('\n')
  return lines.length <= 45 ? lines.join('\n') : [...lines.slice(0, 20), '  …', ...lines.slice(-25)].join('\n')
}

/**
 * Runs a command as a step.
 * @param {string} name What is done, for the person who waits.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ remedy: string, log: string, env?: Record<string, string | undefined>, timeout?: number }} options
 * @returns {Promise<void>}
 */
export async function step(name, command, args, options) {
  const startedAt = performance.now()
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1)
  let last = ''
  console.log(`setup: ${name} …`)
  const show = () => {
    if (terminal) process.stdout.write(`\r\x1b[K  ${seconds()} s  ${last.slice(0, Math.max(20, process.stdout.columns - 14))}`)
    else console.log(`setup: ${name}: ${seconds()} s, ${last}`)
  }
  const ticker = setInterval(show, terminal ? 200 : 30_000)
  const result = await run(command, args, {
    cwd: root,
    env: options.env ?? {},
    timeout: options.timeout ?? 30 * 60_000,
    onLine: (line) => {
      if (line.trim() !== '') last = line.trim()
    },
  })
  clearInterval(ticker)
  if (terminal) process.stdout.write('\r\x1b[K')
  const log = path.join(stateDir, `${options.log}.log`)
  mkdirSync(stateDir, { recursive: true })
  writeFileSync(log, result.output)
  if (result.status !== 0) {
    throw new SetupError(
      `${name} failed after ${seconds()} s (status ${result.status}). Its output:\n\n${excerpt(result.output)}\n\n` +
        `All of it: ${path.relative(root, log)}\n${options.remedy}`,
    )
  }
  done(name, `done in ${seconds()} s`)
}
