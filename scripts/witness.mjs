// node scripts/witness.mjs: lets two outsiders watch real callbacks. A preload library counts what the
// C library is asked for, and strace lists what the kernel is asked for.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { native, typescript } from './lib/build.mjs'
import { Checks } from './lib/checks.mjs'
import { inRoot } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { run, tail } from './lib/process.mjs'
import { serversAvailable, withServers } from './lib/shared-servers.mjs'
import { isOnPath } from './setup/system.mjs'
import { callsInBrackets } from './witness/strace.mjs'

/**
 * @typedef {'allocations' | 'frees' | 'locks' | 'contendedLocks' | 'futexWaits' | 'futexWakes' | 'otherSyscalls'} Kind
 * @typedef {Record<Kind, number>} Tally
 * @typedef {{ name: string, brackets: number, first: Tally, ours: Tally, backend: Tally }} Thread
 * @typedef {{ brackets: number, first: Tally, ours: Tally, backend: Tally }} Account
 */

const driver = inRoot('scripts', 'witness', 'driver.mjs')
const scratch = mkdtempSync(path.join(tmpdir(), 'noxrun-witness-'))
// Not in the checkout: LD_PRELOAD cannot name a path that has a space in it.
const library = path.join(scratch, 'witness.so')
const selftest = path.join(scratch, 'selftest')
const checks = new Checks('witness')

/** What one callback of a kind may do: nothing, or the one wake of capture. */
const ALLOWED = {
  /** @type {(tally: Tally, brackets: number) => boolean} */
  play: (tally) => Object.values(tally).every((count) => count === 0),
  /** @type {(tally: Tally, brackets: number) => boolean} */
  capture: ({ futexWakes, futexWaits, ...rest }, brackets) =>
    Object.values(rest).every((count) => count === 0) && futexWakes <= 2 * brackets && futexWaits <= brackets / 50,
}
// Under strace every other thread is held up too, so the lock of the wake is met taken far more often.
const TRACED = {
  play: new Set(/** @type {string[]} */ ([])),
  capture: new Set(['futex FUTEX_WAKE', 'futex FUTEX_WAIT', 'futex FUTEX_WAKE_PRIVATE', 'futex FUTEX_WAIT_PRIVATE', 'futex FUTEX_WAIT_BITSET']),
}

/** @param {string} command @param {string[]} args */
async function must(command, args) {
  const { status, output } = await run(command, args, { timeout: 60_000 })
  if (status !== 0) throw new Error(`${command} failed (${status}):\n${tail(output, 20)}`)
}

/**
 * @param {Partial<Tally>} tally
 * @returns {string}
 */
function shown(tally) {
  const some = Object.entries(tally).filter(([, count]) => count > 0)
  return some.length === 0 ? 'nothing' : some.map(([kind, count]) => `${count} ${kind}`).join(', ')
}

/**
 * Runs a program under the preload library.
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string | undefined>} [env]
 * @returns {Promise<{ account: Account, stdout: string }>}
 */
async function witnessed(command, args, env = {}) {
  const file = path.join(scratch, 'report.json')
  rmSync(file, { force: true })
  const { status, output, stdout } = await run(command, args, {
    timeout: 120_000, env: { ...env, LD_PRELOAD: library, NOXRUN_WITNESS_OUT: file },
  })
  if (status !== 0) throw new Error(`status ${status}:\n${tail(output, 20)}`)
  /** @type {{ overflowed: boolean, threads: Thread[] }} */
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new Error('no callback was bracketed: the witness saw no getrusage(RUSAGE_THREAD)')
  }
  if (report.overflowed) throw new Error('more threads made brackets than the witness can hold')
  /** @param {'first' | 'ours' | 'backend'} place */
  const sum = (place) => {
    /** @type {Partial<Tally>} */
    const total = {}
    for (const thread of report.threads) {
      for (const [kind, count] of /** @type {[Kind, number][]} */ (Object.entries(thread[place]))) total[kind] = (total[kind] ?? 0) + count
    }
    return /** @type {Tally} */ (total)
  }
  const brackets = report.threads.reduce((total, thread) => total + thread.brackets, 0)
  return { account: { brackets, first: sum('first'), ours: sum('ours'), backend: sum('backend') }, stdout }
}

/** Before it may accuse or acquit anybody, the witness is shown each misdeed once. */
async function proveTheWitness() {
  /** @type {Record<string, { ours?: Partial<Tally>, backend?: Partial<Tally>, first?: Partial<Tally> }>} */
  const planted = {
    clean: {},
    malloc: { ours: { allocations: 1 } },
    free: { ours: { frees: 1 } },
    realloc: { ours: { allocations: 1, frees: 1 } },
    memalign: { ours: { allocations: 1 } },
    lock: { ours: { locks: 1, contendedLocks: 1 } },
    wait: { ours: { futexWaits: 1 } },
    wake: { ours: { futexWakes: 1 } },
    outside: { backend: { allocations: 1 } },
    first: { first: { allocations: 1 } },
  }
  for (const [fault, expected] of Object.entries(planted)) {
    await checks.check(`the witness, shown ${fault}, counts just that`, async () => {
      const { account } = await witnessed(selftest, [fault])
      if (account.brackets !== 100) throw new Error(`${account.brackets} brackets, not 100`)
      for (const place of /** @type {const} */ (['ours', 'backend', 'first'])) {
        const [saw, want] = [shown(account[place]), shown(expected[place] ?? {})]
        if (saw !== want) throw new Error(`${place}: saw ${saw}, not ${want}`)
      }
    })
  }
  const trace = [
    '7 getrusage(RUSAGE_THREAD, {...}) = 0', '7 sched_setscheduler(0, SCHED_FIFO, [60]) = 0', '7 getrusage(RUSAGE_THREAD, {...}) = 0',
    '7 mmap(NULL, 4096) = 0', '7 getrusage(RUSAGE_THREAD,  <unfinished ...>', '8 write(1, "", 0) = 0', '7 <... getrusage resumed>{...}) = 0',
    '7 futex(0x1, FUTEX_WAKE_PRIVATE, 1) = 1', '7 getrusage(RUSAGE_THREAD, {...}) = 0', '7 munmap(NULL, 4096) = 0',
  ].join('\n')
  await checks.check('a trace is read by thread, from bracket to bracket', () => {
    const { brackets, calls } = callsInBrackets(trace)
    const saw = JSON.stringify([brackets, ...calls])
    if (saw !== '[1,["futex FUTEX_WAKE",1]]') throw new Error(saw)
  })
}

/**
 * @param {'play' | 'capture'} mode
 * @param {'jack' | 'alsa'} device
 * @param {Pick<import('./servers.mjs').Server, 'env' | 'period'>} server
 */
async function watchCounts(mode, device, server) {
  await checks.check(`${mode} through ${device}: callbacks ask the C library for ${mode === 'play' ? 'nothing' : 'nothing but the wake'}`, async () => {
    const { account, stdout } = await witnessed(process.execPath, [driver, mode], {
      ...server.env, NOXRUN_DEVICE: device, NOXRUN_BUFFER_SIZE: `${server.period}`, NOXRUN_CALLBACKS: server.period > 64 ? '400' : '1500',
    })
    const said = /** @type {{ callbacks: number, audioThread: { allocations: number, frees: number, blocked: number | null } }} */ (JSON.parse(tail(stdout, 1)))
    const seen = `${account.brackets} callbacks; ours: ${shown(account.ours)}; the backend's: ${shown(account.backend)}`
    if (account.brackets < said.callbacks / 2) throw new Error(`${account.brackets} brackets, but the stream counted ${said.callbacks} callbacks`)
    if (!ALLOWED[mode](account.ours, account.brackets)) throw new Error(seen)
    const { allocations, frees, blocked } = said.audioThread
    if (allocations !== 0 || frees !== 0) throw new Error(`the engine itself counted ${allocations} allocations and ${frees} frees`)
    if (blocked === null) throw new Error('`blocked` is null although the stream is audited')
    return seen
  })
}

/**
 * @param {'play' | 'capture'} mode
 * @param {'jack' | 'alsa'} device
 * @param {Pick<import('./servers.mjs').Server, 'env' | 'period'>} server
 */
async function watchSystemCalls(mode, device, server) {
  await checks.check(`${mode} through ${device}: callbacks ask the kernel for ${mode === 'play' ? 'nothing' : 'nothing but the wake'}`, async () => {
    const file = path.join(scratch, 'trace')
    const { status, output } = await run('strace', ['-f', '-qq', '-e', 'trace=all', '-e', 'signal=none', '-o', file, process.execPath, driver, mode], {
      timeout: 120_000,
      env: { ...server.env, NOXRUN_DEVICE: device, NOXRUN_BUFFER_SIZE: `${server.period}`, NOXRUN_CALLBACKS: '60' },
    })
    if (status !== 0) throw new Error(`status ${status}:\n${tail(output, 20)}`)
    const { brackets, calls } = callsInBrackets(readFileSync(file, 'utf8'))
    const seen = `${brackets} callbacks; ${shown(Object.fromEntries(calls))}`
    if (brackets < 30) throw new Error(`too few to judge: ${seen}`)
    if ([...calls.keys()].some((call) => !TRACED[mode].has(call))) throw new Error(seen)
    return seen
  })
}

try {
  await bringUpToDate(native, { quiet: true })
  await bringUpToDate(typescript, { quiet: true })
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror']
  await must('gcc', [...flags, '-O2', '-fPIC', '-shared', inRoot('scripts', 'witness', 'witness.c'), '-o', library, '-ldl'])
  await must('gcc', [...flags, '-O1', inRoot('scripts', 'witness', 'selftest.c'), '-o', selftest, '-pthread'])
  await proveTheWitness()
  if (!serversAvailable()) {
    checks.skip('callbacks of real streams', 'no audio server can be started here')
  } else {
    // strace slows every thread down; long periods leave it time.
    await withServers([64, 256, 1024], async ([fast, usual, slow]) => {
      if (!fast || !usual || !slow) throw new Error('a server is missing')
      for (const mode of /** @type {const} */ (['play', 'capture'])) {
        await watchCounts(mode, 'jack', fast)
        await watchCounts(mode, 'alsa', usual)
        if (!isOnPath('strace')) checks.skip(`${mode}: callbacks ask the kernel for nothing`, 'strace is missing')
        else for (const device of /** @type {const} */ (['jack', 'alsa'])) await watchSystemCalls(mode, device, slow)
      }
    })
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
checks.finish()
