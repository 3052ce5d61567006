// How late an input is heard: what the engine plays comes back through its capture, and is heard again.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Capture, Engine } from '../../index'
import { Collector, find, noise } from './signal'

/** Frames of a burst: shorter than any echo is late. */
const BURST = 128
const BURSTS = 8

export interface Echo {
  /** Seconds from a burst to its echo, by frames. */
  after: number
  /** What the input stated when it had been heard. */
  stated: number
}

/**
 * Plays bursts of noise on an engine whose output its capture hears, with an input of gain ¼, and returns those
 * echoes that came back bit for bit. A machine that stalls may have broken some.
 */
export async function echoes(engine: Engine, capture: Capture, collector = new Collector(capture)): Promise<Echo[]> {
  const input = engine.createTrack().input(capture, { gain: 0.25 })
  const track = engine.createTrack()
  const bursts: Float32Array[] = []
  const stated: number[] = []
  for (let n = 0; n < BURSTS; n++) {
    const burst = noise(BURST, n + 1)
    bursts.push(burst)
    track.play(await engine.load({ channelData: [burst, burst], sampleRate: engine.sampleRate }), { at: engine.currentTime + 0.1 })
    await sleep(400)
    stated.push(input.latency)
  }
  input.remove()
  await sleep(100)
  await capture.close()
  await collector.done
  const lane = collector.channel(0)
  return bursts.flatMap((burst, n) => {
    const first = find(lane, burst)
    const echo = find(lane, burst.map((sample) => sample / 4))
    return first >= 0 && echo >= 0 ? [{ after: (echo - first) / capture.sampleRate, stated: stated[n] ?? NaN }] : []
  })
}
