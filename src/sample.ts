/** Sounds in memory, and what a file says of itself. */
import * as binding from '#binding'
import { fileURLToPath } from 'node:url'
import { abortable } from './abort'
import { NoxrunError, nativeAsync } from './errors'
import { offer } from './offer'
import { type OnProgress, checkOnProgress, withProgress } from './progress'
import { integer, invalid, number, options, signal, withoutNul } from './validate'

/** Planar 32-bit float in [−1, 1]: one array a channel, of equal lengths. */
export interface PcmData {
  /** Samples in [−1, 1], one array a channel, 1…64 of them. */
  channelData: Float32Array[]
  /** Hz, 1,000…768,000. */
  sampleRate: number
}

/** A sound in memory at an engine's rate. It plays in any engine of that rate. */
export class Sample {
  /** Length in frames. */
  readonly frames: number
  /** How many channels it has. */
  readonly channels: number
  /** Hz. */
  readonly sampleRate: number
  readonly #native: binding.NativeSample

  /** @internal */
  constructor(native: binding.NativeSample, sampleRate: number) {
    this.#native = native
    this.frames = native.frames
    this.channels = native.channels
    this.sampleRate = sampleRate
  }

  /** Seconds. */
  get duration(): number {
    return this.frames / this.sampleRate
  }

  /** @internal Its number in the binding; 0 once disposed. */
  get nativeId(): number {
    return this.#native.id
  }

  /** Lets its memory go once no voice plays it any more. Playing it again is ERR_INVALID_STATE. */
  dispose(): void {
    this.#native.dispose()
  }
}

/** Where a sound comes from: a path, a file URL, the bytes of a sound file, or samples. */
export type SampleSource = string | URL | Uint8Array | PcmData

/** How a sound is loaded. */
export interface LoadOptions {
  /** Aborting it makes `load()` reject with an AbortError. */
  signal?: AbortSignal
  /** Called with the fraction done, 0…1, a few times a second and once with 1. */
  onProgress?: OnProgress
}

/** Decodes or copies `source` to a sample of `rate` Hz. The arguments have been checked. */
export async function loadSample(
  source: SampleSource,
  rate: number,
  { signal, onProgress }: LoadOptions,
): Promise<Sample> {
  const control = new binding.NativeControl()
  const work = start(source, rate, control)
  const loading = abortable(
    nativeAsync(work),
    signal,
    () => { control.abort() },
    (late) => { late.dispose() },
  )
  return new Sample(await withProgress(loading, control, onProgress), rate)
}

function start(
  source: SampleSource,
  rate: number,
  control: binding.NativeControl,
): Promise<binding.NativeSample> {
  if (typeof source === 'string' || source instanceof URL) {
    return binding.loadFile(toPath(source), rate, control)
  }
  if (source instanceof Uint8Array) return binding.loadBytes(source, rate, control)
  return binding.loadPcm(source.channelData, source.sampleRate, rate, control)
}

export function checkSource(source: unknown): SampleSource {
  if (typeof source === 'string' || source instanceof URL) {
    toPath(source)
    return source
  }
  if (source instanceof Uint8Array) return source
  return checkPcm('source', source, 'a path, a file URL, a Uint8Array or PcmData')
}

export function checkPcm(name: string, pcm: unknown, allowed = 'PcmData'): PcmData {
  if (typeof pcm !== 'object' || pcm === null) throw invalid(name, pcm, allowed)
  const { channelData, sampleRate } = pcm as Partial<PcmData>
  if (!Array.isArray(channelData) || channelData.length === 0) {
    throw invalid(`${name}.channelData`, channelData, 'an array of one Float32Array a channel')
  }
  number(`${name}.channelData.length`, channelData.length, 1, 64)
  const frames = channelData[0]?.length
  for (const channel of channelData) {
    if (!(channel instanceof Float32Array)) {
      throw invalid(`${name}.channelData`, channel, 'one Float32Array a channel')
    }
    if (channel.length !== frames) {
      throw invalid(`${name}.channelData`, channel.length, `arrays of equal lengths (${frames})`)
    }
  }
  const rate = integer(`${name}.sampleRate`, sampleRate, 1000, 768_000)
  return { channelData, sampleRate: rate }
}

export function toPath(source: string | URL): string {
  if (typeof source === 'string') {
    if (source === '') throw invalid('source', source, 'a path')
    return withoutNul('source', source)
  }
  if (source.protocol !== 'file:') throw invalid('source', source.href, 'a file URL')
  return withoutNul('source', fileURLToPath(source))
}

export function checkLoadOptions(loadOptions: LoadOptions | undefined): LoadOptions {
  const given = options('load', loadOptions, ['signal', 'onProgress'])
  const abort = signal(given.signal)
  const onProgress = checkOnProgress(given.onProgress)
  return { ...(abort && { signal: abort }), ...(onProgress && { onProgress }) }
}

/** What a sound file says of itself. */
export interface ProbeResult {
  /** Short name of the container, as 'wav', 'flac'. */
  format: string
  /** Short name of the codec, as 'pcm_s16le'. */
  codec: string
  /** Length; null: the file does not say. */
  frames: number | null
  /** Seconds; null: the file does not say. */
  duration: number | null
  /** How many channels it has. */
  channels: number
  /** Hz. */
  sampleRate: number
  /** Texts such as `title`, `artist`, `album`, `date`; those without a common name keep the file's. In the file's order. */
  tags: Record<string, string>
}

/**
 * Format, duration, channels, rate and tags, without decoding.
 * @throws NoxrunError ERR_NOT_FOUND, ERR_ACCESS, ERR_IO, ERR_DECODE, ERR_INVALID_ARG
 */
export function probe(source: string | URL | Uint8Array): Promise<ProbeResult> {
  return offer(async () => {
    const { frames = null, duration = null, tags, ...rest } = await nativeAsync(startProbe(source))
    return { ...rest, frames, duration, tags: Object.fromEntries(tags) }
  })
}

function startProbe(source: unknown): Promise<binding.NativeProbe> {
  if (source instanceof Uint8Array) return binding.probeBytes(source)
  if (typeof source === 'string' || source instanceof URL) return binding.probeFile(toPath(source))
  throw invalid('source', source, 'a path, a file URL or a Uint8Array')
}

export function disposed(): NoxrunError {
  return new NoxrunError('ERR_INVALID_STATE', 'the sample has been disposed')
}
