// A capture of a known signal with a stall of three seconds in its middle, through a real server. The
// run is the same for each kind of stall; what it came to is told in numbers, so that a child process
// can do it too.
import { setTimeout as sleep } from 'node:timers/promises'
import { Capture, type CaptureStats, type Chunk, Engine, type ReaderStats } from '../../index'
import { block, noise } from '../support/signal'

/** What stands still: JavaScript as a whole, whoever reads, or the capture thread. */
export type Stall = 'event loop' | 'reader' | 'capture thread'

export interface StallResult {
  /** The reader's account when all was read, and the capture's when it was closed. */
  reader: ReaderStats
  capture: CaptureStats
  /** Frames that indices pass over besides what was lost on the way: those that never came. */
  skipped: number
  /** Samples: lost by the chunks' own account, told in events, and in chunks. */
  droppedBefore: number
  droppedEvents: number
  heard: number
  /** Holes in the stream. */
  gaps: number
  /** Frames of the signal, each on its index: before the first hole and after the last; and others. */
  matchedBefore: number
  matchedAfter: number
  mismatched: number
}

const SECONDS = 8
/** Samples: a quarter of a second. */
const CAPACITY = 24_000
const STALL_MS = 3000

/**
 * Plays and captures.
 * @param connect Connects the two; called once both run.
 */
export async function captureWithStall(via: 'jack' | 'alsa', stall: Stall, connect: () => Promise<void>): Promise<StallResult> {
  const signal = [noise(SECONDS * 48_000, 3), noise(SECONDS * 48_000, 4)]
  const engine = await Engine.open({ device: via, bufferSize: 256 })
  const sample = await engine.load({ channelData: signal, sampleRate: 48_000 })
  const track = engine.createTrack()
  const capture = await Capture.open({ device: via, channels: 2, bufferSize: 256, capacity: CAPACITY })
  try {
    let droppedEvents = 0
    capture.on('dropped', ({ samples }) => (droppedEvents += samples))
    capture.on('warning', () => undefined)
    const chunks = capture.chunks()
    const heard: Chunk[] = []
    let gate: Promise<unknown> = Promise.resolve()
    const reading = (async () => {
      for await (const chunk of chunks) {
        heard.push(chunk)
        await gate
      }
    })()
    await connect()
    track.play(sample)
    if (stall === 'capture thread') {
      // It stops by itself, a second after it was started.
      await sleep(STALL_MS + 1000)
    } else {
      await sleep(700)
      if (stall === 'event loop') block(STALL_MS)
      else await (gate = sleep(STALL_MS))
    }
    await sleep(700)
    const stats = await capture.close()
    await reading
    return { ...told(heard, signal), reader: chunks.stats(), capture: stats, droppedEvents }
  } finally {
    await capture.close()
    await engine.close()
  }
}

function told(chunks: Chunk[], [left, right]: Float32Array[]): Omit<StallResult, 'reader' | 'capture' | 'droppedEvents'> {
  const holes = chunks.filter((chunk) => chunk.droppedBefore > 0)
  const [firstHole, lastHole] = [holes[0]?.frame ?? Infinity, holes.at(-1)?.frame ?? Infinity]
  const matched = { before: 0, after: 0, not: 0 }
  let [next, skipped, heard, begin] = [0, 0, 0, -1]
  for (const { frame, frames, samples, droppedBefore } of chunks) {
    skipped += frame - next - droppedBefore / 2
    next = frame + frames
    heard += samples.length
    for (let n = 0; n < frames; n++) {
      // Silence until the signal begins.
      if (begin < 0 && samples[2 * n] === 0 && samples[2 * n + 1] === 0) continue
      if (begin < 0) begin = frame + n - skipped
      // A server that stands still plays nothing meanwhile, either.
      const place = frame + n - begin - skipped
      if (samples[2 * n] !== left?.[place] || samples[2 * n + 1] !== right?.[place]) matched.not++
      else if (frame < firstHole) matched.before++
      else if (frame >= lastHole) matched.after++
    }
  }
  return {
    skipped,
    droppedBefore: chunks.reduce((sum, chunk) => sum + chunk.droppedBefore, 0),
    heard,
    gaps: holes.length,
    matchedBefore: matched.before,
    matchedAfter: matched.after,
    mismatched: matched.not,
  }
}
