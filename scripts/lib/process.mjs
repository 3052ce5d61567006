// Child processes that cannot outlive us: each runs in a process group of its own, and the whole
// group is ended on a time-out, on Ctrl-C and when this process exits.
import { spawn, spawnSync } from 'node:child_process'
import process from 'node:process'

/** @type {Set<number>} */
const groups = new Set()
let watching = false

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function killGroup(pid, signal) {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // The group has ended by itself.
  }
}

function watchOurEnd() {
  if (watching) return
  watching = true
  process.on('exit', () => {
    for (const pid of groups) killGroup(pid, 'SIGKILL')
  })
  for (const [signal, status] of /** @type {const} */ ([['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]])) {
    process.on(signal, () => {
      for (const pid of groups) killGroup(pid, 'SIGTERM')
      process.exit(status)
    })
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env] Set over our own environment; `undefined` removes.
 * @property {boolean} [stream] Show the output as it comes. Default false.
 * @property {number} [timeout] Milliseconds until the group is killed. Default 20 minutes.
 * @property {(line: string) => void} [onLine] Called with each finished line of output.
 *
 * @typedef {object} RunResult
 * @property {number} status Exit status; 128 or more when a signal ended it, 127 when it could not start.
 * @property {string} output Standard output and error as they were interleaved.
 * @property {string} stdout
 * @property {boolean} timedOut
 */

/**
 * Runs a program to its end. Never rejects: a program that cannot start has status 127.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export function run(command, args, options = {}) {
  watchOurEnd()
  return new Promise((resolve) => {
    let output = ''
    let stdout = ''
    let pendingLine = ''
    let timedOut = false
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    })
    const { pid } = child
    if (pid !== undefined) groups.add(pid)
    const timer = setTimeout(() => {
      timedOut = true
      if (pid === undefined) return
      killGroup(pid, 'SIGTERM')
      setTimeout(() => killGroup(pid, 'SIGKILL'), 2000).unref()
    }, options.timeout ?? 20 * 60_000)

    /** @param {string} text */
    const take = (text) => {
      output += text
      if (options.stream) process.stdout.write(text)
      if (!options.onLine) return
      const lines = (pendingLine + text).split('\n')
      pendingLine = lines.pop() ?? ''
      for (const line of lines) options.onLine(line)
    }
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stdout += text
      take(text)
    })
    child.stderr.setEncoding('utf8').on('data', take)
    child.on('error', (error) => {
      clearTimeout(timer)
      if (pid !== undefined) groups.delete(pid)
      resolve({ status: 127, output: `${output}${command}: ${error.message}\n`, stdout, timedOut })
    })
    child.on('exit', () => {
      // What it left running in its group would hold our pipes open for ever.
      if (pid !== undefined) killGroup(pid, 'SIGTERM')
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (pid !== undefined) groups.delete(pid)
      if (timedOut) take(`\n${command}: ended after its time limit\n`)
      resolve({ status: code ?? (signal ? 128 : 1), output, stdout, timedOut })
    })
  })
}

/**
 * Starts a program that stays, such as a server, in its own process group.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string | undefined>, log: number }} options `log`: descriptor that takes its output.
 * @returns {import('node:child_process').ChildProcess}
 */
export function start(command, args, options) {
  watchOurEnd()
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', options.log, options.log],
    detached: process.platform !== 'win32',
  })
  const { pid } = child
  if (pid !== undefined) {
    groups.add(pid)
    child.once('exit', () => groups.delete(pid))
  }
  return child
}

/**
 * Runs a short program and returns its trimmed standard output, or null when it failed or is missing.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string }} [options]
 * @returns {string | null}
 */
export function ask(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    input: options.input ?? '',
    encoding: 'utf8',
    timeout: 30_000,
  })
  return result.status === 0 ? result.stdout.trim() : null
}

/**
 * The last lines of a text.
 * @param {string} text
 * @param {number} count
 * @returns {string}
 */
export function tail(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
