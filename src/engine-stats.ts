/** Counters and load of an engine. */
import type { NativeEngineStats } from '#binding'

/** What happened inside the callbacks since opening and must not: all of them stay 0. */
export interface AudioThreadStats {
  /** Calls that take memory from the heap. */
  allocations: number
  /** Calls that give memory back to the heap. */
  frees: number
  /** Voluntary context switches; null without `audit`. */
  blocked: number | null
}

/** Counters since opening. */
export interface EngineStats {
  /** Calls of the audio callback. */
  callbacks: number
  /** Frames rendered. */
  frames: number
  /**
   * Dropouts that the backend reports; where it reports none, gaps of over two periods between the
   * starts of callbacks. Each is counted once.
   */
  xruns: number
  /** Callback time / its deadline. */
  load: {
    /** Mean. */
    mean: number
    /** Median. */
    p50: number
    /** 99 % of the callbacks stayed below. */
    p99: number
    /** The worst; over 1 is a deadline missed. */
    max: number
  }
  /** The queue to the audio thread. */
  controlQueue: {
    /** Messages that it holds. */
    capacity: number
    /** Messages pushed. */
    pushed: number
    /** Pushes that found it full; they wait, in order. */
    overflows: number
    /** Most messages that waited at once. */
    maxDepth: number
  }
  /** Events that came after their time and were applied at once. */
  lateEvents: number
  /** Commands for what had gone already; they did nothing. */
  staleCommands: number
  /** Voices that sound now. */
  voices: number
  /** Voices that ended because others needed their place (`maxVoices`). */
  stolenVoices: number
  /** How often the device was lost. */
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
