/** A capture's recording to a file. */
import type { NativeRecording } from '#binding'
import { nativeAsync } from './errors'

export interface RecordOptions {
  /** Default 'f32'. */
  format?: 'f32' | 's24' | 's16'
  /** What the file holds where samples were lost: as much silence (default), or nothing. */
  gaps?: 'silence' | 'splice'
  /** Aborting ends the recording, as `stop()` does. */
  signal?: AbortSignal
}

export interface RecordingResult {
  path: string
  /** Frames in the file. */
  frames: number
  /** Samples lost on the way, whether silence stands for them or not. */
  dropped: number
}

export class Recording {
  readonly path: string
  readonly #native: NativeRecording
  readonly #onEnd: () => void
  #stopping: Promise<RecordingResult> | undefined

  /** @internal */
  constructor(
    native: NativeRecording,
    path: string,
    signal: AbortSignal | undefined,
    onEnd: () => void,
  ) {
    this.#native = native
    this.path = path
    const stop = (): void => {
      // A failure is told to whoever calls stop().
      this.stop().catch(() => undefined)
    }
    signal?.addEventListener('abort', stop, { once: true })
    this.#onEnd = () => {
      signal?.removeEventListener('abort', stop)
      onEnd()
    }
  }

  /** Frames written so far. */
  get frames(): number {
    return this.#native.frames
  }

  /**
   * Ends the recording with what was captured until now; resolves when the file is complete.
   * @throws NoxrunError ERR_IO when writing failed; the file is valid up to that point
   */
  stop(): Promise<RecordingResult> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<RecordingResult> {
    try {
      return { path: this.path, ...(await nativeAsync(this.#native.stop())) }
    } finally {
      this.#onEnd()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop().then(() => undefined)
  }
}
