/** The playback engine. */
import * as binding from '#binding'
import { type DeviceInfo, toDeviceInfo } from './devices'
import { EngineBase } from './engine-base'
import { EngineCore } from './engine-core'
import { type EngineOptions, checkOptions } from './engine-options'
import { nativeAsync } from './errors'
import { offer } from './offer'
import { openStream } from './stream-options'

export type { EngineEvents } from './engine-events'
export type { EngineOptions } from './engine-options'
export type { AudioThreadStats, EngineStats } from './engine-stats'

/** How long `close()` waits for the files of recordings, milliseconds. */
const RECORDING_WAIT = 2000

/**
 * Plays and mixes tracks on a device.
 *
 * JavaScript captures intent only: a native thread keeps the state and feeds the audio callback,
 * so a blocked event loop never breaks the sound. Its events are {@link EngineEvents}.
 */
export class Engine extends EngineBase {
  readonly #core: EngineCore
  readonly #native: binding.NativeEngine

  /** The device that was opened. */
  readonly device: DeviceInfo
  /** Frames a callback, as granted. */
  readonly bufferSize: number

  /**
   * Opens a device and starts the engine on it.
   * @throws NoxrunError ERR_NO_DEVICE (says what was tried), ERR_DEVICE_BUSY,
   *   ERR_UNSUPPORTED_CONFIG, ERR_BACKEND, ERR_INVALID_ARG, ERR_OUT_OF_RANGE
   */
  static open(engineOptions?: EngineOptions): Promise<Engine> {
    return offer(async () => {
      const checked = checkOptions(engineOptions)
      const { opened, keepAlive } = await openStream(engineOptions, () => binding.openEngine(checked))
      const { channels } = checked
      const core = new EngineCore(opened, { channels, keepAlive, recordingWait: RECORDING_WAIT })
      return new Engine(core, opened)
    })
  }

  private constructor(core: EngineCore, engine: binding.NativeEngine) {
    super(core)
    this.#core = core
    this.#native = engine
    this.device = toDeviceInfo(engine.device)
    this.bufferSize = engine.bufferSize
  }

  /** Seconds from the engine to the device's output, as they are now, `graphLatency` included. */
  get outputLatency(): number {
    return this.#native.latency
  }

  /** Whether `outputLatency` is computed from the buffer size, because the backend does not tell. */
  get latencyIsEstimate(): boolean {
    return this.#native.latencyIsEstimate
  }

  /** Stops engine time; nothing sounds until `resume()`. */
  suspend(): Promise<void> {
    return offer(async () => {
      this.#core.ensureOpen()
      await nativeAsync(this.#native.suspend())
    })
  }

  /** Lets engine time go on. */
  resume(): Promise<void> {
    return offer(async () => {
      this.#core.ensureOpen()
      await nativeAsync(this.#native.resume())
    })
  }

  /**
   * Stops everything; voices end as 'closed'. Resolves when the files of recordings are complete
   * (a disk that takes longer than 2 s is left to finish by itself). May be called again.
   */
  close(): Promise<void> {
    return this.#core.close()
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
