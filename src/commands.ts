/**
 * Commands on their way to the engine: plain numbers, one call a command, or one a batch.
 * The record's layout is the binding's (`crates/node/src/records.rs`).
 */
import * as binding from '#binding'
import { fromNative } from './errors'
import { NOW, type Time } from './when'

const STRIDE = 16

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
  RemoveTrack,
  Route,
  AddSend,
  RemoveSend,
  AddEffect,
  RemoveEffect,
  MoveEffect,
  ClearEffects,
  Bypass,
  Reach,
  Cancel,
  SeekVoice,
  Tempo,
  StartTransport,
  StopTransport,
  SeekTransport,
  Loop,
  Marker,
  AddInput,
  RemoveInput,
}

/** Something that remembers the last value it was given. */
export interface Valued {
  /** The value that it had before. */
  restore(before: number): void
}

export class Commands {
  readonly #engine: number
  readonly #record = new Float64Array(STRIDE)
  #collected = new Float64Array(64 * STRIDE)
  #count = 0
  /** Whether commands are collected, to be sent together. */
  #isCollecting = false
  #inBatch = false
  #time = NOW
  readonly #undo: (() => void)[] = []
  readonly #holders: Valued[] = []
  readonly #before: number[] = []
  #accepted: (() => void)[] = []

  /** @param engine The native engine's handle. */
  constructor(engine: number) {
    this.#engine = engine
  }

  /** When the open batch takes effect; `NOW` outside batches. */
  get time(): Time {
    return this.#time
  }

  /**
   * Sends a command, or adds it to the batch. Throws before anything was changed.
   *
   * @param a Of the record's place 3, up to `e`, which is of place 8; `rest` begins at 9.
   */
  send(op: Op, id: number, time: Time, a = 0, b = 0, c = 0, d = 0, e = 0, rest?: readonly number[]): void {
    if (this.#isCollecting) {
      this.#reserve()
      write(this.#collected, this.#count * STRIDE, op, id, time, a, b, c, d, e, rest)
      this.#count += 1
      return
    }
    write(this.#record, 0, op, id, time, a, b, c, d, e, rest)
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

  /**
   * Does what needs the engine to know of everything that was called before: at once, or when the
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

  /** What `write` sends is accepted all or none; each command keeps its own time. */
  together(write: () => void): void {
    if (this.#isCollecting) {
      write()
      return
    }
    this.#isCollecting = true
    this.#count = 0
    try {
      write()
      binding.submitMany(this.#engine, this.#collected, this.#count)
    } catch (error) {
      throw fromNative(error)
    } finally {
      this.#isCollecting = false
    }
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
    this.#isCollecting = this.#inBatch = true
    this.#time = time
    this.#count = 0
    try {
      const result = fn()
      if (this.#count > 0) {
        binding.submitBatch(this.#engine, this.#collected, this.#count, time.at, time.beat)
      }
      return result
    } catch (error) {
      this.#accepted = []
      for (const undo of this.#undo.reverse()) undo()
      for (let i = this.#holders.length - 1; i >= 0; i--) {
        this.#holders[i]?.restore(this.#before[i] ?? 0)
      }
      throw fromNative(error)
    } finally {
      this.#isCollecting = this.#inBatch = false
      this.#time = NOW
      this.#undo.length = 0
      this.#holders.length = 0
      this.#before.length = 0
    }
  }

  #reserve(): void {
    if (this.#collected.length >= (this.#count + 1) * STRIDE) return
    const larger = new Float64Array(2 * this.#collected.length)
    larger.set(this.#collected)
    this.#collected = larger
  }
}

/** Writes what commands use; what else a record holds is left from an earlier one, and not read. */
function write(
  to: Float64Array,
  offset: number,
  op: Op,
  id: number,
  time: Time,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  rest: readonly number[] | undefined,
): void {
  to[offset] = op
  to[offset + 1] = id
  to[offset + 2] = time.at
  to[offset + 3] = a
  to[offset + 4] = b
  to[offset + 5] = c
  to[offset + 6] = d
  to[offset + 7] = time.beat ? 1 : 0
  to[offset + 8] = e
  if (rest !== undefined) to.set(rest, offset + 9)
}
