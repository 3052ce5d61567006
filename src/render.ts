/** Rendering: the same graph, not in real time. */
import * as binding from '#binding'
import { abortable, throwIfAborted } from './abort'
import { chooseCpu } from './cpu'
import type { Engine } from './engine'
import { EngineBase } from './engine-base'
import { EngineCore } from './engine-core'
import type { EngineStats } from './engine-stats'
import { native, nativeAsync } from './errors'
import { offer } from './offer'
import { withProgress } from './progress'
import { type RenderOptions, type RenderPlan, checkRender } from './render-options'
import { chooseRenders, tidyUpAtExit } from './render-work'
import { invalid } from './validate'

export type { RenderOptions } from './render-options'

/** An engine without a device. It renders once, from frame 0. */
export type OfflineEngine = Omit<
  Engine,
  | 'device'
  | 'suspend'
  | 'resume'
  | 'close'
  | 'bufferSize'
  | 'outputLatency'
  | 'latencyIsEstimate'
  | typeof Symbol.asyncDispose
>

/** What was rendered, and how loud it is. */
export interface RenderResult {
  /** Planar, one array a channel; empty when `output` was given. */
  channelData: Float32Array[]
  /** Frames of the result. */
  frames: number
  /** Hz. */
  sampleRate: number
  /** The highest sample before the safety stage, linear. */
  peak: number
  /** LUFS, EBU R 128, integrated; −Infinity for silence. */
  loudness: number
  /** Counters of the engine that rendered it. */
  stats: EngineStats
}

/**
 * Renders what `build` schedules: it is called before frame 0, and time starts when it has
 * returned. Calls without a time apply at frame 0; the promises of voices do not settle inside it.
 * Events are told while it renders and after; then the engine is closed. As many renders run at a
 * time as there are processors (NOXRUN_RENDERS says otherwise), the others wait their turn; a signal
 * ends one that waits at once. A process or worker that ends waits for none.
 * @throws what `build` throws; NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_NOT_FOUND,
 *   ERR_ACCESS, ERR_IO; an AbortError when the signal aborts
 */
export function render(
  options: RenderOptions,
  build: (engine: OfflineEngine) => void | Promise<void>,
): Promise<RenderResult> {
  return offer(() => perform(options, build))
}

async function perform(
  options: RenderOptions,
  build: (engine: OfflineEngine) => void | Promise<void>,
): Promise<RenderResult> {
  const plan = checkRender(options)
  if (typeof (build as unknown) !== 'function') throw invalid('build', build, 'a function')
  throwIfAborted(plan.signal)
  chooseCpu()
  chooseRenders()
  if (plan.render.output !== undefined) tidyUpAtExit()
  const engine = native(() => binding.offlineEngine(plan.engine))
  const { channels } = plan.engine
  const core = new EngineCore(engine, { channels, keepAlive: false })
  const offline: unknown = new EngineBase(core)
  try {
    // In a function of its own: what it throws at once rejects too.
    const building = (async () => { await build(offline as OfflineEngine) })()
    await abortable(building, plan.signal)
    core.seal()
    const { channelData, frames, peak, loudness } = await run(engine, plan)
    return { channelData, frames, sampleRate: core.sampleRate, peak, loudness, stats: core.stats() }
  } finally {
    await core.close()
  }
}

/** Settles only when the thread that renders has let go of the engine. */
async function run(
  engine: binding.NativeEngine,
  { render: how, onProgress, signal }: RenderPlan,
): Promise<binding.NativeRendered> {
  const control = new binding.NativeControl()
  const abort = (): void => { control.abort() }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const rendering = nativeAsync(binding.renderOffline(engine, how, control))
    return await withProgress(rendering, control, onProgress)
  } catch (error) {
    throwIfAborted(signal)
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
