// Reads a trace of `strace -f -o` and tells which system calls stand between the brackets of callbacks:
// pairs of getrusage(RUSAGE_THREAD) calls on one thread.

/**
 * @typedef {object} Traced
 * @property {number} brackets Complete ones, the first of each thread not counted.
 * @property {Map<string, number>} calls What stood between, by name; futex calls with their operation.
 */

/**
 * @param {string} trace
 * @returns {Traced}
 */
export function callsInBrackets(trace) {
  /** @type {Map<string, { brackets: number, inside: string[] | null }>} */
  const threads = new Map()
  /** @type {Traced} */
  const result = { brackets: 0, calls: new Map() }
  for (const line of trace.split('\n')) {
    // A call that another thread interrupted shows twice; its beginning is what counts.
    const match = /^(\d+) +(?:[\d.]+ +)?(\w+)\((.*)$/.exec(line)
    if (match === null) continue
    const [, tid = '', name = '', rest = ''] = match
    if (name === 'getrusage' && rest.startsWith('RUSAGE_THREAD')) {
      const thread = threads.get(tid) ?? { brackets: -1, inside: null }
      threads.set(tid, thread)
      if (thread.inside === null) {
        thread.inside = []
        continue
      }
      thread.brackets++
      if (thread.brackets > 0) {
        result.brackets++
        for (const call of thread.inside) result.calls.set(call, (result.calls.get(call) ?? 0) + 1)
      }
      thread.inside = null
    } else {
      const operation = name === 'futex' ? ` ${/FUTEX_[A-Z]+/.exec(rest)?.[0] ?? rest}` : ''
      threads.get(tid)?.inside?.push(name + operation)
    }
  }
  return result
}
