/**
 * Everything that is open in this thread. It keeps running engines reachable (an engine that
 * nothing holds would be collected and fall silent) and lets a stepped device deliver their
 * reports before it resolves.
 */
export interface Pumped {
  /** Takes the reports that wait and emits them. */
  pump(): void
}

const open = new Set<Pumped>()

/** Long enough that it never wakes anybody for nothing. */
const FOREVER = 2 ** 31 - 1

/** Registers what is open; `keepAlive` also keeps the process running. Returns the undoing. */
export function enter(pumped: Pumped, keepAlive: boolean): () => void {
  open.add(pumped)
  const timer = keepAlive ? setInterval(() => undefined, FOREVER) : undefined
  return () => {
    open.delete(pumped)
    clearInterval(timer)
  }
}

/**
 * Calls listeners. What one of them throws becomes an uncaught exception, as Node has it, and
 * keeps neither later reports nor the caller's own work from being done.
 */
export function guarded(emit: () => void): void {
  try {
    emit()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

export function pumpAll(): void {
  for (const one of [...open]) one.pump()
}
