/** Ctrl-C and its kin: the first asks the command to end in good order, the second ends it at once. */
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export class Interrupt {
  readonly #controller = new AbortController()
  #status: number | undefined

  readonly #handle = (name: NodeJS.Signals): void => {
    const status = 128 + constants.signals[name]
    if (this.#status !== undefined) process.exit(status)
    this.#status = status
    this.#controller.abort()
  }

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#handle)
  }

  /** Aborts at the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The exit status of a command that was ended early; undefined when it was not. */
  get status(): number | undefined {
    return this.#status
  }

  /** Waits; resolves early when a signal comes. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.signal.aborted) {
        resolve()
        return
      }
      const end = (): void => {
        clearTimeout(timer)
        this.signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.signal.addEventListener('abort', end)
    })
  }

  /** Resolves with what `work` resolves with, or with undefined when a signal comes first. */
  async orEnd<T>(work: Promise<T>): Promise<T | undefined> {
    if (this.signal.aborted) return undefined
    let end: (() => void) | undefined
    const interrupted = new Promise<undefined>((resolve) => {
      end = () => { resolve(undefined) }
      this.signal.addEventListener('abort', end)
    })
    try {
      return await Promise.race([work, interrupted])
    } finally {
      if (end) this.signal.removeEventListener('abort', end)
    }
  }

  dispose(): void {
    for (const name of SIGNALS) process.removeListener(name, this.#handle)
  }
}
