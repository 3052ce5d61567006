/** Inputs of tracks: captures that are heard through a track's effects while they are captured. */
import type { NativeEngine, NativeInput } from '#binding'
import type { Capture } from './capture'
import { type Commands, Op } from './commands'
import { NoxrunError, native } from './errors'
import { type Host, guard } from './host'
import { liveSources } from './live-sources'
import { Param, ParamKind, initialValue } from './param'
import type { TrackNode } from './routing'
import { invalid, options } from './validate'
import { NOW } from './when'

/** How a capture is heard through a track. */
export interface InputOptions {
  /** Linear, 0…4, default 1. */
  gain?: number
}

/** A capture on its way into a track. */
export interface Input {
  /** Linear, 0…4, default 1; before the track's effects. */
  readonly gain: Param
  /**
   * Seconds from the device's input to the engine's output, as they are now: the capture's latency,
   * what waits between the two callbacks, and the resampler where there are two clocks. From there
   * to the device's output it is `engine.outputLatency`.
   */
  readonly latency: number
  /**
   * Fades it out over 10 ms and ends it; calling it again does nothing.
   * @throws NoxrunError ERR_QUEUE_FULL (maxEvents), ERR_CLOSED
   */
  remove(): void
}

/** Makes the inputs of one engine. */
export class Inputs {
  readonly #native: NativeEngine
  readonly #commands: Commands

  constructor(engine: NativeEngine, commands: Commands) {
    this.#native = engine
    this.#commands = commands
  }

  /** @param host The track's own, which has been asked. */
  create(host: Host, node: TrackNode, capture: Capture, given: InputOptions | undefined): Input {
    const source = liveSources.get(capture)
    // Not an object is no key, so this holds for whatever was given.
    if (source === undefined) throw invalid('capture', capture, 'a Capture of this thread')
    const { gain: wanted } = options('input', given, ['gain'])
    const gain = initialValue(ParamKind.InputGain, wanted)
    source.ensureOpen()
    const id = host.newId()
    const opened = native(() => this.#native.openInput(id, source.native))
    try {
      this.#commands.send(Op.AddInput, id, NOW, node.id, gain)
    } catch (error) {
      opened.close()
      throw error
    }
    const input = new CaptureInput(host, node, id, gain, opened)
    this.#commands.onAbort(() => { input.undo() })
    return input
  }
}

class CaptureInput implements Input {
  readonly gain: Param
  readonly #host: Host
  readonly #node: TrackNode
  readonly #id: number
  readonly #native: NativeInput
  #gone: string | undefined

  constructor(host: Host, node: TrackNode, id: number, gain: number, opened: NativeInput) {
    this.#host = host
    this.#node = node
    this.#id = id
    this.#native = opened
    const check = (): void => {
      if (this.#gone !== undefined) throw new NoxrunError('ERR_INVALID_STATE', `the input ${this.#gone}`)
    }
    this.gain = new Param(guard(host, check), ParamKind.InputGain, id, gain)
  }

  get latency(): number {
    return this.#native.latency
  }

  remove(): void {
    // It went with its track.
    if (this.#gone !== undefined || this.#node.gone !== undefined) return
    this.#host.ensureOpen()
    this.#host.commands.send(Op.RemoveInput, this.#id, NOW)
    this.#gone = 'was removed'
    this.#host.commands.onAbort(() => (this.#gone = undefined))
  }

  /** It was made in a batch that came to nothing. */
  undo(): void {
    this.#gone = 'was undone with its batch'
    this.#native.close()
  }
}
