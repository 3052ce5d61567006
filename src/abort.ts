/** Waiting that an AbortSignal can end. */
import { AbortError } from './errors'

/** Throws an AbortError when `signal` has aborted already: nothing needs to be begun. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AbortError(signal)
}

/**
 * Settles as `promise` does, or rejects with an AbortError when `signal` aborts first; `onAbort`
 * then undoes the work, and `onLate` takes care of a result that comes after all.
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  onAbort?: () => void,
  onLate?: (value: T) => void,
): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    let aborted = false
    const abort = (): void => {
      aborted = true
      onAbort?.()
      reject(new AbortError(signal))
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    const settled = promise.then((value) => {
      if (aborted) onLate?.(value)
      else resolve(value)
    }, reject)
    void settled.finally(() => {
      signal.removeEventListener('abort', abort)
    })
  })
}
