// Real servers need a processor when a period is over. A machine that is shared may not get it: what
// a server then loses is lost outside of us.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'

const ATTEMPTS = 6
/** The share of the processors' time that others took, above which comparing to the sample makes no sense. */
const MOST_STOLEN = 0.02
const LOOK_MS = 500
/** How long an attempt waits for a calm half second. */
const LONGEST_WAIT_MS = 30_000

/** The processors' time since the start of the machine: all of it, and what other machines of the same host took. */
function processorTime(): { all: number; stolen: number } {
  try {
    const fields = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]?.split(' ').map(Number) ?? []
    // user, nice, system, idle, iowait, irq, softirq, steal; guests' time is in user's.
    const own = fields.slice(0, 8)
    return { all: own.reduce((sum, time) => sum + time, 0), stolen: own[7] ?? 0 }
  } catch {
    return { all: 0, stolen: 0 }
  }
}

/** Begins to look; the function that it returns says which share was stolen since. */
function watch(): () => number {
  const before = processorTime()
  return () => {
    const { all, stolen } = processorTime()
    return all > before.all ? (stolen - before.stolen) / (all - before.all) : 0
  }
}

async function calm(): Promise<void> {
  const since = performance.now()
  for (;;) {
    const stolen = watch()
    await sleep(LOOK_MS)
    if (stolen() <= MOST_STOLEN || performance.now() - since > LONGEST_WAIT_MS) return
  }
}

/**
 * Runs a test. When it fails, and the server missed deadlines meanwhile or others took the machine's
 * processors, it is run again, in a calm moment; a pass is always exact.
 * @param body `tell` is called with the deadlines that were missed.
 */
export async function undisturbed(
  t: ExecutionContext,
  body: (t: ExecutionContext, tell: (xruns: number) => void) => Promise<void>,
): Promise<void> {
  t.timeout(600_000)
  for (let left = ATTEMPTS - 1; ; left--) {
    let xruns = 0
    const stolen = watch()
    const attempt = await t.try(async (inner) => { await body(inner, (more) => (xruns += more)) })
    const share = stolen()
    if (attempt.passed || (xruns === 0 && share <= MOST_STOLEN) || left === 0) {
      attempt.commit()
      return
    }
    attempt.discard()
    t.log(`run again: ${xruns} xruns, ${(100 * share).toFixed(1)} % of the processors' time stolen`)
    await calm()
  }
}
