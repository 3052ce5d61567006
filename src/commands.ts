/**
 * Commands on their way to the engine: plain numbers, one call a command, or one a batch.
 * The record's layout is the binding's (`crates/node/src/records.rs`).
 */
import * as binding from '#binding'
import { fromNative } from './errors'
import { NOW, type Time } from './when'

const STRIDE = 16

/** What is sent next; behind it, the engine that it is for. */
const record = new Float64Array(STRIDE + 1)
/** Whether the binding reads it where it is: a call without arguments costs a fraction of others. */
const isShared = binding.shareRecord(record)

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
  #collected = new Float64Array(64 * STRIDE)
  #count = 0
  /** Whether commands are collected, to be sent together. */
  #isCollecting = false
  #inBatch = false
  #time = NOW
  readonly #undo: (() => void)[] = []
  /** What was given values in the batch, and each time what it had before. */
  readonly #holders: (Valued | undefined)[] = []
  #before = new Float64Array(64)
  #remembered = 0
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
    write(record, 0, op, id, time, a, b, c, d, e, rest)
    this.#submit()
  }

  /**
   * Sends a value without a time, as `send` does: the way of almost every command.
   *
   * @param index Its parameter's place among an effect's.
   */
  setNow(kind: number, owner: number, index: number, value: number, frames: number, curve: number): void {
    let to = record
    let offset = 0
    if (this.#isCollecting) {
      this.#reserve()
      to = this.#collected
      offset = this.#count++ * STRIDE
    }
    to[offset] = Op.Set
    to[offset + 1] = owner
    to[offset + 2] = NOW.at
    to[offset + 3] = kind
    to[offset + 4] = value
    to[offset + 5] = frames
    to[offset + 6] = curve
    to[offset + 7] = 0
    to[offset + 8] = index
    if (!this.#isCollecting) this.#submit()
  }

  /** Inside a batch: what to undo when it comes to nothing. */
  onAbort(undo: () => void): void {
    if (this.#inBatch) this.#undo.push(undo)
  }

  /** As `onAbort`, for the many values of a batch: no closure for each. */
  remember(holder: Valued, before: number): void {
    if (!this.#inBatch) return
    const place = this.#remembered++
    if (place === this.#before.length) this.#before = grown(this.#before)
    this.#holders[place] = holder
    this.#before[place] = before
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
      for (let i = this.#remembered - 1; i >= 0; i--) this.#holders[i]?.restore(this.#before[i] ?? 0)
      throw fromNative(error)
    } finally {
      this.#isCollecting = this.#inBatch = false
      this.#time = NOW
      this.#undo.length = 0
      this.#forget()
    }
  }

  #submit(): void {
    try {
      if (isShared) {
        record[STRIDE] = this.#engine
        binding.submitShared()
      } else {
        binding.submit(this.#engine, record)
      }
    } catch (error) {
      throw fromNative(error)
    }
  }

  #reserve(): void {
    if (this.#collected.length >= (this.#count + 1) * STRIDE) return
    this.#collected = grown(this.#collected)
  }

  /** Lets go of what was given values; the places stay, for the next batch. */
  #forget(): void {
    if (this.#remembered > 1024) this.#holders.length = 0
    else this.#holders.fill(undefined, 0, this.#remembered)
    this.#remembered = 0
  }
}

/** Twice as long, with the same content. */
function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length)
  larger.set(array)
  return larger
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
