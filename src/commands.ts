/**
 * Commands on their way to the engine: plain numbers, one call a command, or one a batch.
 * The record's layout is the binding's (`crates/node/src/records.rs`).
 */
import type { NativeEngine } from '#binding'
import { native } from './errors'

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

export class Commands {
  readonly #engine: NativeEngine
  readonly #record = new Float64Array(STRIDE)
  #batch = new Float64Array(64 * STRIDE)
  #count = 0
  #inBatch = false
  #undo: (() => void)[] = []

  constructor(engine: NativeEngine) {
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
    native(() => {
      this.#engine.submit(this.#record)
    })
  }

  /** Inside a batch: what to undo when it comes to nothing. */
  onAbort(undo: () => void): void {
    if (this.#inBatch) this.#undo.push(undo)
  }

  batch<T>(fn: () => T, at: number): T {
    if (this.#inBatch) return fn()
    this.#inBatch = true
    this.#count = 0
    this.#undo = []
    try {
      const result = fn()
      if (this.#count > 0) {
        native(() => {
          this.#engine.submitBatch(this.#batch, this.#count, at)
        })
      }
      return result
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo()
      throw error
    } finally {
      this.#inBatch = false
      this.#undo = []
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
