/**
 * Commands on their way to the engine: plain numbers, one call a command, or one a batch.
 * The record's layout is the binding's (`crates/node/src/records.rs`).
 */
import * as binding from '#binding'
import { fromNative } from './errors'

const STRIDE = 8

export const enum Op {
  AddTrack,
  Mute,
  Solo,
  Play,
  Stop,
  StopTrack,
  Pause,
  Resume,
  Set,
}

/** Something that remembers the last value it was given. */
export interface Valued {
  /** The value that it had before. */
  restore(before: number): void
}

export class Commands {
  readonly #engine: number
  readonly #record = new Float64Array(STRIDE)
  #batch = new Float64Array(64 * STRIDE)
  #count = 0
  #inBatch = false
  readonly #undo: (() => void)[] = []
  readonly #holders: Valued[] = []
  readonly #before: number[] = []

  /** @param engine The native engine's handle. */
  constructor(engine: number) {
    this.#engine = engine
  }

  /** Sends a command, or adds it to the batch. Throws before anything was changed. */
  send(op: Op, id: number, at: number, a = 0, b = 0, c = 0, d = 0): void {
    if (this.#inBatch) {
      this.#reserve()
      this.#write(this.#batch, this.#count * STRIDE, op, id, at, a, b, c, d)
      this.#count += 1
      return
    }
    this.#write(this.#record, 0, op, id, at, a, b, c, d)
    try {
      binding.submit(this.#engine, this.#record)
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** Inside a batch: what to undo when it comes to nothing. */
  onAbort(undo: () => void): void {
    if (this.#inBatch) this.#undo.push(undo)
  }

  /** As `onAbort`, for the many values of a batch: no closure for each. */
  remember(holder: Valued, before: number): void {
    if (!this.#inBatch) return
    this.#holders.push(holder)
    this.#before.push(before)
  }

  batch<T>(fn: () => T, at: number): T {
    if (this.#inBatch) return fn()
    this.#inBatch = true
    this.#count = 0
    try {
      const result = fn()
      if (this.#count > 0) {
        binding.submitBatch(this.#engine, this.#batch, this.#count, at)
      }
      return result
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo()
      for (let i = this.#holders.length - 1; i >= 0; i--) {
        this.#holders[i]?.restore(this.#before[i] ?? 0)
      }
      throw fromNative(error)
    } finally {
      this.#inBatch = false
      this.#undo.length = 0
      this.#holders.length = 0
      this.#before.length = 0
    }
  }

  #reserve(): void {
    if (this.#batch.length >= (this.#count + 1) * STRIDE) return
    const larger = new Float64Array(2 * this.#batch.length)
    larger.set(this.#batch)
    this.#batch = larger
  }

  #write(
    to: Float64Array,
    offset: number,
    op: Op,
    id: number,
    at: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): void {
    to[offset] = op
    to[offset + 1] = id
    to[offset + 2] = at
    to[offset + 3] = a
    to[offset + 4] = b
    to[offset + 5] = c
    to[offset + 6] = d
  }
}
