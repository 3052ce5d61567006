/** Recordings to files, of a capture or a track. */
import type { NativeRecording } from '#binding'
import { nativeAsync } from './errors'
import { choice, invalid, options, signal, string } from './validate'

export interface RecordOptions {
  /** Default 'f32'; for FLAC, which has no 'f32', 's24'. */
  format?: 'f32' | 's24' | 's16'
  /** What the file holds where samples were lost: as much silence (default), or nothing. */
  gaps?: 'silence' | 'splice'
  /** Aborting ends the recording, as `stop()` does. */
  signal?: AbortSignal
}

export type FileFormat = NonNullable<RecordOptions['format']>

/** `RecordOptions`, checked. */
export interface RecordPlan {
  readonly path: string
  readonly format: FileFormat
  readonly gaps: 'silence' | 'splice'
  readonly abort: AbortSignal | undefined
}

/** @throws NoxrunError ERR_INVALID_ARG */
export function checkRecord(path: string, given: RecordOptions | undefined): RecordPlan {
  const { format, gaps, signal: abort } = options('record', given, ['format', 'gaps', 'signal'])
  return {
    path: checkPath('path', path),
    format: checkFormat(path, format),
    gaps: choice('gaps', gaps, ['silence', 'splice']),
    abort: signal(abort),
  }
}

export function checkPath(name: string, path: unknown): string {
  const checked = string(name, path)
  if (/\.(wav|flac)$/i.test(checked)) return checked
  throw invalid(name, path, 'a path that ends in .wav or .flac')
}

/** The format of a file whose path has been checked. */
export function checkFormat(path: string, format: FileFormat | undefined): FileFormat {
  return path.toLowerCase().endsWith('.flac')
    ? choice('format of a .flac file', format, ['s24', 's16'])
    : choice('format', format, ['f32', 's24', 's16'])
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

/** Completes recordings; a failure is told to whoever calls `stop()`. */
export async function completeAll(recordings: ReadonlySet<Recording>): Promise<void> {
  await Promise.allSettled([...recordings].map((recording) => recording.stop()))
}
