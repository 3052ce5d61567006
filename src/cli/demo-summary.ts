/** What a demo came to. */
import type { CaptureStats } from '../capture'
import type { Engine, EngineStats } from '../engine'
import type { RecordingResult } from '../recording'
import type { Listener, Stage } from './demo-open'
import { count, decibels, milliseconds, percent, plural, toDb } from './format'
import type { Screen } from './screen'
import { columns } from './table'

export interface DemoResult {
  stage: Stage
  listener: Listener
  seconds: number
  engineStats: EngineStats
  captureStats: CaptureStats | undefined
  recorded: RecordingResult | undefined
  /** The highest sample captured, linear. */
  peak: number
  /** Whether a signal ended it. */
  stopped: boolean
}

function inCallbacks({ engineStats, captureStats }: DemoResult): { allocations: number; frees: number } {
  const [played, captured] = [engineStats.audioThread, captureStats?.audioThread]
  return {
    allocations: played.allocations + (captured?.allocations ?? 0),
    frees: played.frees + (captured?.frees ?? 0),
  }
}

/** What must not happen; empty when all went well. */
export function faults(result: DemoResult): string[] {
  const { allocations, frees } = inCallbacks(result)
  const dropped = result.recorded?.dropped ?? 0
  const found = []
  if (allocations > 0 || frees > 0) {
    found.push(`the audio callbacks made ${plural(allocations, 'allocation')} and ${plural(frees, 'free')}`)
  }
  if (dropped > 0) found.push(`${plural(dropped, 'captured sample')} got lost`)
  // One that was stopped may not have come to its first note.
  if (result.listener.source === 'loopback' && result.peak === 0 && !result.stopped) {
    found.push('the loopback carried only silence')
  }
  return found
}

/** For people. */
export function summaryLines(result: DemoResult, screen: Screen): string[] {
  const { stage, listener, engineStats, captureStats, recorded } = result
  const { engine } = stage
  const { allocations, frees } = inCallbacks(result)
  const { load } = engineStats
  const callbacks = captureStats
    ? `${count(engineStats.callbacks)} playing, ${count(captureStats.callbacks)} capturing`
    : `${count(engineStats.callbacks)} playing`
  const rows = [
    ['played', `${plural(engineStats.frames, 'frame')}, ${plural(engineStats.xruns, 'xrun')}`],
    ['captured', captured(result)],
    ['callbacks', `${callbacks}: ${plural(allocations, 'allocation')}, ${plural(frees, 'free')}`],
    ['load', `p50 ${percent(load.p50)}, p99 ${percent(load.p99)}, max ${percent(load.max)} of a callback's time`],
    ['buffer', `${plural(engine.bufferSize, 'frame')} granted, ${latency(engine)}`],
    ['file', recorded?.path ?? `none: ${listener.reason ?? 'nothing was captured'}`],
  ]
  const isClean = faults(result).length === 0
  return columns(rows).map((line) => `  ${isClean ? line : screen.style('red', line)}`)
}

function captured({ listener, recorded, peak }: DemoResult): string {
  if (!recorded) return 'nothing: no input could be opened'
  const from = listener.source === 'loopback' ? "the device's loopback" : inputOf(listener)
  return `${plural(recorded.frames, 'frame')}, ${count(recorded.dropped)} dropped, peak ${decibels(peak)}, from ${from}`
}

function inputOf({ capture }: Listener): string {
  const name = capture ? ` '${capture.device.id}'` : ''
  return `the input${name} (a real device: it hears what is at its input)`
}

function latency({ outputLatency, latencyIsEstimate }: Engine): string {
  return `latency ${milliseconds(outputLatency)}${latencyIsEstimate ? ' (estimated)' : ''}`
}

/** For programs. */
export function jsonSummary(result: DemoResult): object {
  const { stage, listener, seconds, engineStats, recorded, peak } = result
  const { engine } = stage
  return {
    device: engine.device.id,
    standInBecause: stage.standIn ?? null,
    sampleRate: engine.sampleRate,
    bufferSize: engine.bufferSize,
    latency: engine.outputLatency,
    latencyIsEstimate: engine.latencyIsEstimate,
    seconds,
    playedFrames: engineStats.frames,
    capturedFrames: recorded?.frames ?? null,
    capturedFrom: recorded ? listener.source : null,
    peakDb: recorded && peak > 0 ? toDb(peak) : null,
    dropped: recorded?.dropped ?? null,
    ...inCallbacks(result),
    load: engineStats.load,
    xruns: engineStats.xruns,
    file: recorded?.path ?? null,
    stopped: result.stopped,
    clean: faults(result).length === 0,
  }
}
