/** Operations on their way to the engine: plain numbers in a record that both sides know. */
import * as binding from '#binding'
import { NoxrunError, fromNative } from './errors'
import { kindOf } from './effect-kinds'
import { Operations } from './generated/operations'
import { NOW, type Time } from './when'

/** What is sent next; its last number is the handle of the engine that it is for. */
let record = new Float64Array(64)
/** Whether the binding reads it where it is: a call without arguments costs a fraction of others. */
const isShared = binding.shareRecord(record, true)

/** Something that remembers the last value it was given. */
export interface Valued {
  /** The value that it had before. */
  restore(before: number): void
}

export class Commands extends Operations {
  readonly #engine: number
  readonly #nameOf: (track: number) => string
  #inBatch = false
  #time = NOW
  readonly #undo: (() => void)[] = []
  /** What was given values in the batch, and each time what it had before. */
  readonly #holders: Valued[] = []
  readonly #before: number[] = []
  #accepted: (() => void)[] = []

  /**
   * @param engine The native engine's handle.
   * @param nameOf The name of a track, by its id: for messages.
   */
  constructor(engine: number, nameOf: (track: number) => string) {
    super()
    this.#engine = engine
    this.#nameOf = nameOf
  }

  /** When the open batch takes effect; `NOW` outside batches. */
  get time(): Time {
    return this.#time
  }

  protected open(length: number): Float64Array {
    if (length >= record.length) {
      record = new Float64Array(2 * length)
      if (isShared) binding.shareRecord(record, false)
    }
    return record
  }

  protected submit(): number {
    try {
      if (isShared) {
        record[record.length - 1] = this.#engine
        binding.submitShared()
      } else {
        binding.submit(this.#engine, record)
      }
    } catch (error) {
      throw this.#named(error)
    }
    return record[0] as number
  }

  /** Inside a batch: what to undo of JavaScript's own state when it comes to nothing. */
  onAbort(undo: () => void): void {
    if (this.#inBatch) this.#undo.push(undo)
  }

  /** As `onAbort`, for the many values of a batch: no closure for each. */
  remember(holder: Valued, before: number): void {
    if (!this.#inBatch) return
    this.#holders.push(holder)
    this.#before.push(before)
  }

  /**
   * Does what needs the engine to have accepted everything that was called before: at once, or when the
   * batch has been accepted. Then nobody is there to catch what it throws: `onError` is told.
   */
  afterwards(work: () => void, onError: (error: unknown) => void): void {
    if (!this.#inBatch) {
      work()
      return
    }
    this.#accepted.push(() => {
      try {
        work()
      } catch (error) {
        onError(error)
      }
    })
  }

  /** Everything that `fn` sends takes effect on one frame, or nothing of it does. */
  batch<T>(fn: () => T, time: Time): T {
    if (this.#inBatch) return fn()
    const result = this.#collect(fn, time)
    const accepted = this.#accepted
    this.#accepted = []
    for (const work of accepted) work()
    return result
  }

  #collect<T>(fn: () => T, time: Time): T {
    try {
      binding.beginBatch(this.#engine, time.at, time.kind)
    } catch (error) {
      throw fromNative(error)
    }
    this.#inBatch = true
    this.#time = time
    try {
      const result = fn()
      binding.commitBatch(this.#engine)
      return result
    } catch (error) {
      binding.abortBatch(this.#engine)
      this.#accepted = []
      for (const undo of this.#undo.reverse()) undo()
      for (let i = this.#holders.length - 1; i >= 0; i--) this.#holders[i]?.restore(this.#before[i] ?? 0)
      throw error
    } finally {
      this.#inBatch = false
      this.#time = NOW
      this.#undo.length = this.#holders.length = this.#before.length = 0
    }
  }

  /** The engine knows things by their numbers, people by their names. */
  #named(error: unknown): unknown {
    const translated = fromNative(error)
    if (!(translated instanceof NoxrunError)) return translated
    const message = translated.message
      .replaceAll(/\btrack (\d+)/g, (_, id) => `track '${this.#nameOf(Number(id))}'`)
      .replaceAll(/\beffect (\d+)/g, (_, id) => `the ${kindOf(Number(id))}`)
      .replaceAll(/\b(send|input) (\d+)/g, 'the $1')
    return message === translated.message ? translated : new NoxrunError(translated.code, message)
  }
}
