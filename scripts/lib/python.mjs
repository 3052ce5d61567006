// A Python with packages, in a virtual environment of the checkout's own: nothing is installed beside
// it, and deleting .noxrun/ deletes it.
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { stateDir } from './paths.mjs'
import { ask } from './process.mjs'
import { clearStamp, digest, isStamped, writeStamp } from './stamp.mjs'
import { SetupError, step } from './steps.mjs'

/**
 * The interpreter of an environment that has these packages; made when it is not there yet. Each set of
 * packages has an environment of its own.
 * @param {readonly string[]} packages As pip takes them, such as `matplotlib==3.10.7`. None: one that has pip.
 * @returns {Promise<string>} The path of the interpreter.
 * @throws {SetupError} When there is no Python, or a package cannot be installed.
 */
export async function python(packages) {
  const system = ['python3', 'python'].find((name) => ask(name, ['-c', 'import sys; assert sys.version_info >= (3, 9)']) !== null)
  if (system === undefined) throw new SetupError('Python 3.9 or newer was not found on the PATH')
  const names = [...packages].sort()
  const value = digest([], [ask(system, ['--version']) ?? '', ...names])
  const dir = path.join(stateDir, 'python', value.slice(0, 16))
  const stamp = path.join(dir, '.complete')
  const interpreter = path.join(dir, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']))
  if (existsSync(interpreter) && isStamped(stamp, value)) return interpreter
  clearStamp(stamp)
  rmSync(dir, { recursive: true, force: true })
  await step('Python environment', system, ['-m', 'venv', dir], {
    log: 'python-venv', remedy: 'On Debian the package python3-venv is needed.',
  })
  if (names.length > 0) {
    await step(`Python packages: ${names.join(', ')}`, interpreter, ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', ...names], {
      log: 'python-pip', remedy: 'The error above comes from pip.',
    })
  }
  writeStamp(stamp, value)
  return interpreter
}
