/** The doctor's proof: a stream that plays and captures under control traffic, and is counted. */
import type { Capture, CaptureStats } from '../capture'
import type { Engine, EngineStats } from '../engine'
import type { Sample } from '../sample'
import type { Invocation } from './command'
import { type Listener, openListener } from './demo-open'
import { bell } from './demo-synth'
import type { Interrupt } from './interrupt'
import type { Library } from './library'
import { watch } from './watch'

/** How long it plays and captures. */
export const PROOF_SECONDS = 2
/** Milliseconds between two volleys of control messages. */
const VOLLEY_MS = 4
const TRACKS = 4
/** Quiet: on a real device somebody may be listening. */
const MASTER_VOLUME = 0.2
/** MIDI keys, one after another. */
const KEYS = [69, 72, 76, 79, 81, 84, 88, 91]

export interface Proof {
  device: string
  sampleRate: number
  bufferSize: number
  /** Seconds. */
  outputLatency: number
  inputLatency: number | null
  playback: EngineStats
  /** Null when no input could be opened; `captureReason` then says why. */
  capture: CaptureStats | null
  captureReason: string | null
  source: Listener['source']
  /** The highest sample captured, linear. */
  capturedPeak: number
  realtimePriority: boolean
  /** Why the system refused real-time priority. */
  realtimeReason: string | null
}

/** What was not clean; empty when all was. */
export function findings({ playback, capture, source, capturedPeak }: Proof): string[] {
  const found = []
  for (const [who, stats] of [['playback', playback], ['capture', capture]] as const) {
    const { allocations = 0, frees = 0 } = stats?.audioThread ?? {}
    if (allocations > 0) found.push(`the ${who} callback allocated memory`)
    if (frees > 0) found.push(`the ${who} callback freed memory`)
  }
  // Capture may wait for a moment when it wakes its consumer; playback never waits.
  if ((playback.audioThread.blocked ?? 0) > 0) found.push('the playback callback was blocked')
  if (capture !== null && capture.dropped > 0) found.push('captured samples were lost')
  if (source === 'loopback' && capturedPeak === 0) found.push('the loopback carried only silence')
  return found
}

/** Opens the device with `audit`, plays and captures for two seconds. */
export async function prove(
  noxrun: Library,
  device: string,
  { screen, interrupt, closing }: Pick<Invocation, 'screen' | 'interrupt' | 'closing'>,
): Promise<Proof> {
  const { signal } = interrupt
  const engine = closing(await noxrun.Engine.open({ device, audit: true, signal }))
  // The priority has a line of its own in the report.
  const failures = [watch(engine, screen, ['NO_REALTIME_PRIORITY'])]
  const samples = await Promise.all(KEYS.map((key) => engine.load(bell(engine.sampleRate, key))))
  const listener = await openListener(noxrun, engine, true, { audit: true, signal })
  const capture = listener.capture && closing(listener.capture)
  if (capture) failures.push(watch(capture, screen, ['NO_REALTIME_PRIORITY']))

  const listening = capture ? listen(capture) : Promise.resolve(0)
  await Promise.race([traffic(engine, samples, interrupt), ...failures])
  await engine.close()
  const captureStats = (await capture?.close()) ?? null
  const refusal = [...engine.warnings, ...(capture?.warnings ?? [])].find(
    (warning) => warning.code === 'NO_REALTIME_PRIORITY',
  )
  return {
    device: engine.device.id,
    sampleRate: engine.sampleRate,
    bufferSize: engine.bufferSize,
    outputLatency: engine.outputLatency,
    inputLatency: capture?.latency ?? null,
    playback: engine.stats(),
    capture: captureStats,
    captureReason: listener.reason ?? null,
    source: listener.source,
    capturedPeak: await listening,
    realtimePriority: refusal === undefined,
    realtimeReason: refusal?.reason ?? null,
  }
}

/** Reads to the end; the highest sample. */
async function listen(capture: Capture): Promise<number> {
  let peak = 0
  for await (const { samples } of capture) {
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample))
  }
  return peak
}

/** Plays, stops, mutes and moves everything that moves, a volley every few milliseconds. */
async function traffic(engine: Engine, samples: readonly Sample[], interrupt: Interrupt): Promise<void> {
  engine.master.volume.set(MASTER_VOLUME, { ramp: 0 })
  const tracks = Array.from({ length: TRACKS }, () => engine.createTrack())
  const end = performance.now() + 1000 * PROOF_SECONDS
  for (let volley = 0; performance.now() < end && !interrupt.signal.aborted; volley++) {
    const soon = engine.currentTime + 0.02
    for (const [i, track] of tracks.entries()) {
      const swing = Math.sin(volley / 9 + i)
      track.pan.set(swing)
      track.volume.set(0.5 + 0.4 * swing, { at: soon, ramp: 0.003 })
      track.muted = (volley + i) % 50 === 0
      const sample = samples[(volley + 3 * i) % samples.length]
      if (sample && volley % 5 === i) track.play(sample, { at: soon }).gain.set(0.4)
      if (volley % 40 === 10 * i) track.stop({ fade: 0.005 })
    }
    await interrupt.pause(VOLLEY_MS)
  }
}
