/** Recordings to files, of a capture or a track. */
import type { NativeRecordOptions, NativeRecording, NativeRecordingResult } from '#binding'
import { type NoxrunError, fromNative } from './errors'
import { guarded } from './live'
import { offer } from './offer'
import { choice, integer, invalid, number, optional, options, signal, string, withoutNul } from './validate'
import type { NoxrunWarning } from './warnings'

/** How a capture or a track is recorded to a file. */
export interface RecordOptions {
  /** Default 'f32'; for FLAC, which has no 'f32', 's24'. */
  format?: 'f32' | 's24' | 's16'
  /** What the file holds where samples were lost: as much silence (default), or nothing. */
  gaps?: 'silence' | 'splice'
  /**
   * Goes on in a new file again and again, without losing a sample: the files joined are the
   * recording. `take.wav` becomes `take-0001.wav`, `take-0002.wav`, … (more digits beyond 9999);
   * files of these names are replaced.
   */
  rotate?: RotateOptions
  /**
   * Called when a file is complete and will not change any more, the last one and one that was cut
   * at an error included. Nothing waits for it.
   */
  onFile?: (file: RecordedFile) => void
  /** Aborting ends the recording, as `stop()` does. */
  signal?: AbortSignal
}

/** When the next file begins: at whichever comes first. At least one of them. */
export interface RotateOptions {
  /** Length of a file in seconds, 1 or more, to the nearest frame. */
  seconds?: number
  /** Size that no file exceeds, in bytes, 65,536 or more. */
  bytes?: number
}

/** A file that will not change any more. */
export interface RecordedFile {
  /** Where it is. */
  path: string
  /** Frames in it. */
  frames: number
  /** Frames of the recording in the files before it. */
  startFrame: number
}

/** What a sample of a file is: 32-bit float, 24-bit or 16-bit integer. */
export type FileFormat = NonNullable<RecordOptions['format']>

/** `RecordOptions`, checked. */
export interface RecordPlan {
  readonly native: NativeRecordOptions
  readonly onFile: ((file: RecordedFile) => void) | undefined
  readonly abort: AbortSignal | undefined
}

const LEAST_BYTES = 65_536

/** @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE */
export function checkRecord(path: string, given: RecordOptions | undefined): RecordPlan {
  const known = ['format', 'gaps', 'rotate', 'onFile', 'signal'] as const
  const { format, gaps, rotate, onFile, signal: abort } = options('record', given, known)
  if (onFile !== undefined && typeof (onFile as unknown) !== 'function') throw invalid('onFile', onFile, 'a function')
  return {
    native: {
      path: checkPath('path', path),
      format: checkFormat(path, format),
      gaps: choice('gaps', gaps, ['silence', 'splice']),
      ...optional(rotate, checkRotate),
    },
    onFile,
    abort: signal(abort),
  }
}

function checkRotate(rotate: RotateOptions): RotateOptions {
  const { seconds, bytes } = options('rotate', rotate, ['seconds', 'bytes'])
  if (seconds === undefined && bytes === undefined) {
    throw invalid('rotate', rotate, 'an object with seconds, bytes or both')
  }
  return {
    ...(seconds !== undefined && { seconds: number('rotate.seconds', seconds, 1, Infinity) }),
    ...(bytes !== undefined && { bytes: integer('rotate.bytes', bytes, LEAST_BYTES, Number.MAX_SAFE_INTEGER) }),
  }
}

export function checkPath(name: string, path: unknown): string {
  const checked = withoutNul(name, string(name, path))
  if (/\.(wav|flac)$/i.test(checked)) return checked
  throw invalid(name, path, 'a path that ends in .wav or .flac')
}

/** The format of a file whose path has been checked. */
export function checkFormat(path: string, format: FileFormat | undefined): FileFormat {
  return path.toLowerCase().endsWith('.flac')
    ? choice('format of a .flac file', format, ['s24', 's16'])
    : choice('format', format, ['f32', 's24', 's16'])
}

/** What was recorded. */
export interface RecordingResult {
  /** The last file. */
  path: string
  /** Frames in all files. */
  frames: number
  /** Samples lost on the way, whether silence stands for them or not. */
  dropped: number
}

/** How a recording ended. */
export interface RecordingEnd extends RecordingResult {
  /** Why the recording ended by itself; null when it was stopped or the sound ended. */
  error: NoxrunError | null
}

/** A file that is being written. Valid at every moment, also when the process is killed. */
export class Recording {
  readonly #native: NativeRecording
  readonly #onFile: ((file: RecordedFile) => void) | undefined
  readonly #onEnd: (end: RecordingEnd) => void
  /** Complete files that were told. */
  #told = 0
  #isOver = false
  #stopping: Promise<RecordingResult> | undefined

  /**
   * Resolves when the recording is over, whatever ended it: `stop()`, an abort, the end of the sound,
   * or an error such as a full disk, which it tells at once. Never rejects.
   */
  readonly ended: Promise<RecordingEnd>

  /** @internal */
  constructor(native: NativeRecording, { onFile, abort }: RecordPlan, onEnd: (end: RecordingEnd) => void) {
    this.#native = native
    this.#onFile = onFile
    const stop = (): void => {
      // A failure is told by `ended`, and to whoever calls stop().
      void this.stop()
    }
    let resolveEnded: (end: RecordingEnd) => void
    this.ended = new Promise((resolve) => { resolveEnded = resolve })
    this.#onEnd = (end) => {
      abort?.removeEventListener('abort', stop)
      resolveEnded(end)
      guarded(() => { onEnd(end) })
    }
    abort?.addEventListener('abort', stop, { once: true })
    native.setBell(() => { this.#pump() })
    // What happened before the bell hung.
    queueMicrotask(() => { this.#pump() })
  }

  /** The file that is being written; the last one once the recording is over. */
  get path(): string {
    return this.#native.path
  }

  /** All files so far, in their order. */
  get files(): readonly string[] {
    return this.#native.paths
  }

  /** Frames written so far, in all files. */
  get frames(): number {
    return this.#native.frames
  }

  /**
   * Ends the recording with what was captured until now; resolves when its files are complete.
   * @throws NoxrunError ERR_IO, ERR_NOT_FOUND or ERR_ACCESS when writing failed; the files are valid
   *   up to that point
   */
  stop(): Promise<RecordingResult> {
    this.#stopping ??= offer(() => this.#stop())
    return this.#stopping
  }

  async #stop(): Promise<RecordingResult> {
    // What it rejects with is in the result, too.
    await this.#native.stop().catch(() => undefined)
    this.#pump()
    const { error, ...result } = await this.ended
    if (error) throw error
    return result
  }

  /** Tells what is new. */
  #pump(): void {
    if (this.#isOver) return
    const result = this.#native.result()
    for (const file of this.#native.complete(this.#told)) {
      this.#told++
      guarded(() => this.#onFile?.(file))
    }
    if (!result) return
    this.#isOver = true
    // It holds this object.
    this.#native.unsetBell()
    this.#onEnd(this.#end(result))
  }

  #end({ frames, dropped, failure }: NativeRecordingResult): RecordingEnd {
    const error = failure === undefined ? null : (fromNative(new Error(failure)) as NoxrunError)
    return { path: this.path, frames, dropped, error }
  }

  /** `stop()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return offer(async () => { await this.stop() })
  }
}

/** Completes recordings; a failure is told to whoever calls `stop()`. */
export async function completeAll(recordings: ReadonlySet<Recording>): Promise<void> {
  await Promise.allSettled([...recordings].map((recording) => recording.stop()))
}

/** What is warned of when a recording ends by itself. */
export function failedWarning(path: string, error: NoxrunError): NoxrunWarning {
  return { code: 'RECORDING_FAILED', path, error, message: error.message }
}
