/** Counters and load of an engine. */
import type { NativeEngineStats } from '#binding'

export interface AudioThreadStats {
  allocations: number
  frees: number
  /** Voluntary context switches; null without `audit`. */
  blocked: number | null
}

export interface EngineStats {
  callbacks: number
  frames: number
  xruns: number
  /** Callback time / its deadline. */
  load: { mean: number; p50: number; p99: number; max: number }
  controlQueue: { capacity: number; pushed: number; overflows: number; maxDepth: number }
  lateEvents: number
  staleCommands: number
  voices: number
  stolenVoices: number
  deviceLosses: number
  /** Inside the callbacks since opening; must stay 0. */
  audioThread: AudioThreadStats
}

/** The binding's counters as users read them. */
export function toEngineStats(stats: NativeEngineStats): EngineStats {
  const { load, queue, audioThread, ...counters } = stats
  const [mean = 0, p50 = 0, p99 = 0, max = 0] = load
  const [capacity = 0, pushed = 0, overflows = 0, maxDepth = 0] = queue
  return {
    ...counters,
    load: { mean, p50, p99, max },
    controlQueue: { capacity, pushed, overflows, maxDepth },
    audioThread: { ...audioThread, blocked: audioThread.blocked ?? null },
  }
}
