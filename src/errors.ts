/** The one error class of the package, and how native errors become it. */

/** What went wrong, for programs. */
export type ErrorCode =
  | 'ERR_NO_DEVICE'
  | 'ERR_DEVICE_LOST'
  | 'ERR_DEVICE_BUSY'
  | 'ERR_UNSUPPORTED_CONFIG'
  | 'ERR_QUEUE_FULL'
  | 'ERR_LIMIT'
  | 'ERR_DECODE'
  | 'ERR_NOT_FOUND'
  | 'ERR_ACCESS'
  | 'ERR_IO'
  | 'ERR_INVALID_ARG'
  | 'ERR_OUT_OF_RANGE'
  | 'ERR_INVALID_STATE'
  | 'ERR_CLOSED'
  | 'ERR_BACKEND'
  | 'ERR_UNSUPPORTED_PLATFORM'

/** Every error that the package throws or rejects with, but for aborts. */
export class NoxrunError extends Error {
  /** What went wrong, for programs; `message` says it for people. */
  readonly code: ErrorCode
  /** More about it; the property is only there where there is more to say. */
  declare readonly detail?: unknown

  /** @internal */
  constructor(code: ErrorCode, message: string, detail?: unknown) {
    super(message)
    this.name = 'NoxrunError'
    this.code = code
    if (detail !== undefined) this.detail = detail
  }
}

/** What an aborted wait rejects with, as Node's own: `name` is 'AbortError', `code` 'ABORT_ERR'. */
export class AbortError extends Error {
  readonly code = 'ABORT_ERR'

  constructor(signal: AbortSignal) {
    super('The operation was aborted', { cause: signal.reason })
    this.name = 'AbortError'
  }
}

/** Native errors carry their code in front of the message. */
export function fromNative(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const parts = /^(ERR_[A-Z_]+): ([^]*)$/.exec(error.message)
  if (parts?.[1] === undefined || parts[2] === undefined) return error
  return new NoxrunError(parts[1] as ErrorCode, parts[2])
}

/** Calls into the binding and translates what it throws. */
export function native<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw fromNative(error)
  }
}

/** Awaits the binding and translates what it rejects with. */
export async function nativeAsync<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    throw fromNative(error)
  }
}

export function closed(what: string): NoxrunError {
  return new NoxrunError('ERR_CLOSED', `the ${what} is closed`)
}
