/** Inputs of tracks: captures that are heard through a track's effects while they are captured. */
import { type NativeEngine, type NativeInput, hasInput } from '#binding'
import type { Capture } from './capture'
import type { Commands } from './commands'
import { native } from './errors'
import type { Host } from './host'
import { liveSources } from './live-sources'
import { Param, ParamKind, initialValue } from './param'
import { invalid, options } from './validate'

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

  create(host: Host, track: number, capture: Capture, given: InputOptions | undefined): Input {
    const source = liveSources.get(capture)
    // Not an object is no key, so this holds for whatever was given.
    if (source === undefined) throw invalid('capture', capture, 'a Capture of this thread')
    const { gain: wanted } = options('input', given, ['gain'])
    const gain = initialValue(ParamKind.InputGain, wanted)
    source.ensureOpen()
    const id = host.newId()
    const opened = native(() => this.#native.openInput(id, source.native))
    try {
      this.#commands.addInput(id, track, gain)
    } catch (error) {
      opened.close()
      throw error
    }
    this.#commands.onAbort(() => { opened.close() })
    return new CaptureInput(host, id, gain, opened)
  }
}

class CaptureInput implements Input {
  readonly gain: Param
  readonly #host: Host
  readonly #id: number
  readonly #native: NativeInput

  constructor(host: Host, id: number, gain: number, opened: NativeInput) {
    this.#host = host
    this.#id = id
    this.#native = opened
    const read = (): number => opened.gain
    this.gain = new Param(host, { kind: ParamKind.InputGain, of: { id, key: 0 }, value: gain, read })
  }

  get latency(): number {
    return this.#native.latency
  }

  remove(): void {
    const { handle, commands, ensureOpen } = this.#host
    // It may have gone with its track or its capture.
    if (!native(() => hasInput(handle, this.#id))) return
    ensureOpen()
    commands.removeInput(this.#id)
  }
}
