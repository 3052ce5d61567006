// Runs the command line as somebody at a terminal or a script would: `dist/src/cli.js` in a process of
// its own, in a folder of the test file's own.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestFn } from 'ava'

export const CLI = path.resolve('dist', 'src', 'cli.js')
export const ESCAPE = '\x1b'

export interface Outcome {
  status: number | null
  stdout: string
  /** Without the warnings: what they say is the machine's business, as its want of priority. */
  stderr: string
}

const withoutWarnings = (stderr: string): string => stderr.replaceAll(/^noxrun: warning: .*\n/gm, '')

export let folder = ''
export const inFolder = (name: string): string => path.join(folder, name)

/** Gives a test file its folder; call it once at the top. */
export function useFolder(test: TestFn): void {
  // Before every other hook, which may write into it: those that are not serial run at the same time.
  test.serial.before('a folder for the files', async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'noxrun-cli-'))
  })
  test.after.always('the folder goes', () => rm(folder, { recursive: true, force: true }))
}

/** Runs `noxrun` to its end. */
export function noxrun(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const options = { cwd: folder, env: { ...process.env, ...env }, timeout: 60_000 }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], options, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr: withoutWarnings(stderr) })
    })
  })
}

/** The one line of JSON that a command wrote. */
export function json({ stdout }: Outcome): unknown {
  if (!/^[^\n]+\n$/.test(stdout)) throw new Error(`not one line: ${JSON.stringify(stdout)}`)
  return JSON.parse(stdout)
}

interface WavContent {
  format: 'integer' | 'float'
  bits: number
  channels: number
  sampleRate: number
  frames: number
  /** Highest sample of each channel; of 32-bit float only. */
  peaks: number[]
}

/** Reads a WAV file by the book, and refuses one whose sizes do not add up. */
export async function readWav(file: string): Promise<WavContent> {
  const bytes = await readFile(file)
  const tag = (at: number): string => bytes.toString('latin1', at, at + 4)
  if (tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new Error('no RIFF WAVE file')
  if (bytes.readUInt32LE(4) !== bytes.length - 8) throw new Error('the RIFF size is not that of the file')
  const chunks = new Map<string, Buffer>()
  for (let at = 12; at < bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4)
    if (at + 8 + size > bytes.length) throw new Error(`chunk ${tag(at)} is longer than the file`)
    chunks.set(tag(at), bytes.subarray(at + 8, at + 8 + size))
    at += 8 + size + (size % 2)
  }
  const [head, data] = [chunks.get('fmt '), chunks.get('data')]
  if (!head || !data) throw new Error('there is no fmt or no data')
  // An extensible header keeps the format in the first two bytes of its GUID.
  const code = head.readUInt16LE(0) === 0xfffe ? head.readUInt16LE(24) : head.readUInt16LE(0)
  const [channels, sampleRate, bits] = [head.readUInt16LE(2), head.readUInt32LE(4), head.readUInt16LE(14)]
  const frames = data.length / (channels * (bits / 8))
  if (!Number.isInteger(frames)) throw new Error('the last frame is not whole')
  const peaks = new Array<number>(channels).fill(0)
  for (let at = 0; bits === 32 && at < data.length; at += 4) {
    const channel = (at / 4) % channels
    peaks[channel] = Math.max(peaks[channel] ?? 0, Math.abs(data.readFloatLE(at)))
  }
  return { format: code === 3 ? 'float' : 'integer', bits, channels, sampleRate, frames, peaks }
}

/**
 * Whether a process of `interrupted` has been playing or recording for so many milliseconds: its audio
 * threads show that it does. Where the system does not tell, it gets time to start.
 */
export function hasSounded(milliseconds: number): (pid: number) => boolean {
  const started = performance.now()
  let since: number | undefined
  return (pid) => {
    const tasks = `/proc/${pid}/task`
    const isOpen = existsSync(tasks)
      ? readdirSync(tasks).some((task) => nameOf(`${tasks}/${task}/comm`).startsWith('noxrun-dispatch'))
      : performance.now() - started > 1000
    if (isOpen) since ??= performance.now()
    return since !== undefined && performance.now() - since > milliseconds
  }
}

/** The name of a thread; empty when it has ended. */
function nameOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Runs `noxrun` until `isUnderWay`, sends a signal, and waits for its end. */
export async function interrupted(
  args: readonly string[],
  signal: NodeJS.Signals,
  isUnderWay: (pid: number) => boolean | Promise<boolean>,
): Promise<Outcome> {
  const child: ChildProcess = spawn(process.execPath, [CLI, ...args], { cwd: folder })
  const outcome: Outcome = { status: null, stdout: '', stderr: '' }
  child.stdout?.on('data', (text) => (outcome.stdout += String(text)))
  child.stderr?.on('data', (text) => (outcome.stderr += String(text)))
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  while (child.exitCode === null && !(await isUnderWay(child.pid ?? 0))) await sleep(20)
  child.kill(signal)
  outcome.status = await closed
  return { ...outcome, stderr: withoutWarnings(outcome.stderr) }
}

/** Runs `noxrun` in a terminal of its own; everything that it drew. */
export async function drawn(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const command = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(' ')
  const options = { cwd: folder, env: { ...process.env, TERM: 'xterm', ...env } }
  return new Promise((resolve, reject) => {
    execFile('/usr/bin/script', ['-qec', command, '/dev/null'], options, (error, stdout) => {
      if (error) reject(new Error(stdout, { cause: error }))
      else resolve(stdout)
    })
  })
}
