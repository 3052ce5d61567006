/** How the package gives promises out. */

/**
 * The promise of `work`, for the user of the package to keep or to leave: what it rejects with reaches
 * whoever awaits it, now or later, and without anybody ends no process as an unhandled rejection.
 * Every public function that returns a promise returns it through this.
 */
export function offer<T>(work: () => Promise<T>): Promise<T> {
  const promise = work()
  promise.catch(() => undefined)
  return promise
}
