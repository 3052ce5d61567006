/** What can be heard while it comes in, by the object that users hold. */
import type { NativeCapture } from '#binding'

/** A capture, as an engine of the same thread needs it. */
export interface LiveSource {
  readonly native: NativeCapture
  /** Throws when it is closed. */
  readonly ensureOpen: () => void
}

/** Keyed by the objects themselves: what came from another thread or copy of the package is not here. */
export const liveSources = new WeakMap<object, LiveSource>()
