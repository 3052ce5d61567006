/**
 * What is scheduled for one parameter, as far as JavaScript needs to know: where an automation
 * begins, and from which value.
 */
import type { Time } from './when'

/** A time at which a value is set or reached. */
export interface Point {
  readonly time: Time
  readonly value: number
  /** Of one that is reached, the binding's number of the curve that leads there. */
  readonly curve?: number
}

/** Every function that changes something returns its undoing. */
export class Timeline {
  /** The value before the first point. */
  #base: number
  /** In order; of one time, in the order of their calls. */
  #frames: Point[] = []
  #beats: Point[] = []

  constructor(base: number) {
    this.#base = base
  }

  get hasBeats(): boolean {
    return this.#beats.length > 0
  }

  /** The newest point at `time` or before it. Frames and beats know nothing of each other. */
  latest(time: Time): Point | undefined {
    return time.at < 0 ? undefined : this.#of(time).findLast((point) => point.time.at <= time.at)
  }

  /** The points later than `time`, in order. */
  after(time: Time): readonly Point[] {
    const list = this.#of(time)
    // Who plans ahead adds at the end.
    if ((list.at(-1)?.time.at ?? -1) <= time.at) return []
    return list.filter((point) => point.time.at > time.at)
  }

  /** The value from which a write at `time` moves. */
  valueAt(time: Time): number {
    return this.latest(time)?.value ?? this.#base
  }

  /** A value that is set at once. */
  rest(value: number): () => void {
    const before = this.#base
    this.#base = value
    return () => (this.#base = before)
  }

  /** Adds points of one kind, in their order. */
  add(points: readonly Point[]): () => void {
    const first = points[0]
    if (first === undefined) return () => undefined
    const list = this.#of(first.time)
    const newest = list.at(-1)
    for (const point of points) list.push(point)
    // Who plans ahead adds at the end.
    if (newest !== undefined && newest.time.at > first.time.at) {
      list.sort((one, other) => one.time.at - other.time.at)
    }
    return () => {
      const added = new Set(points)
      this.#replace(first.time.beat, this.#of(first.time).filter((point) => !added.has(point)))
    }
  }

  /** Drops what stands at `from` or later; without a time, everything. */
  drop(from: Time): () => void {
    if (from.at >= 0) {
      return this.#replace(from.beat, this.#of(from).filter((point) => point.time.at < from.at))
    }
    const undo = [this.#replace(false, []), this.#replace(true, [])]
    return () => { for (const one of undo) one() }
  }

  /**
   * Forgets what has passed: what stands before `frame`, the next one to be rendered, and before
   * `beat`, the transport's while it runs.
   */
  prune(frame: number, beat: number): void {
    this.#frames = this.#withoutPassed(this.#frames, frame)
    this.#beats = this.#withoutPassed(this.#beats, beat)
  }

  #withoutPassed(list: Point[], now: number): Point[] {
    const next = list.findIndex((point) => point.time.at >= now)
    const passed = next < 0 ? list.length : next
    if (passed === 0) return list
    this.#base = list[passed - 1]?.value ?? this.#base
    return list.slice(passed)
  }

  #of(time: Time): Point[] {
    return time.beat ? this.#beats : this.#frames
  }

  #replace(beats: boolean, list: Point[]): () => void {
    const before = this.#of({ at: 0, beat: beats })
    if (beats) this.#beats = list
    else this.#frames = list
    return () => { this.#replace(beats, before) }
  }
}
