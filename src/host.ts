/** What the objects of an engine need of it. */
import type { Commands } from './commands'
import type { Inputs } from './input'
import type { Taps } from './taps'
import type { Voices } from './voices'

export interface Host {
  /** The native engine's, for the functions of the binding. */
  readonly handle: number
  readonly commands: Commands
  readonly voices: Voices
  readonly taps: Taps
  readonly inputs: Inputs
  /** Hz. */
  readonly sampleRate: number
  readonly channels: number
  /** Frames of the ramp of a value that is set without one. */
  readonly defaultRamp: number
  /** A number for a send, an effect or a marker; none is used twice. */
  readonly newId: () => number
  /** Throws when the engine may not be used any more. */
  readonly ensureOpen: () => void
}
