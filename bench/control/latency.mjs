// How long a play takes to sound on a device.
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Engine } from '../lib/package.mjs'

export const title = 'From track.play() to the callback that renders it, on a JACK server (or the device of NOXRUN_BENCH_DEVICE)'
export const needsServer = true
export const rows = [
  { figure: 'play', label: 'play to rendered', unit: 'ms', target: 8 },
  { figure: 'play', label: '… the worst', unit: 'ms', target: 20, of: 'worst' },
]

/**
 * The voice's first frame, on the wall clock by the engine's own clock. The engine publishes frame and time of each
 * callback, so (frame of the voice − frame now) / rate, taken at one instant after it started, dates it.
 */
export async function measure() {
  const engine = await Engine.open({ device: process.env.NOXRUN_BENCH_DEVICE ?? 'jack', bufferSize: 256 })
  try {
    const track = engine.createTrack()
    const click = new Float32Array(64).fill(0.1)
    const sample = await engine.load({ channelData: [click], sampleRate: engine.sampleRate })
    const play = []
    for (let i = 0; i < 500; i++) {
      const start = performance.now()
      const voice = track.play(sample)
      const frame = await voice.startedAt
      const now = performance.now()
      const clock = engine.currentFrame
      // The clock stands at the end of the newest block: its first frame was rendered a block before.
      const rendered = now - ((clock - engine.bufferSize - frame) / engine.sampleRate) * 1000
      play.push(rendered - start)
      await sleep(3 + Math.random() * 9)
    }
    return { play }
  } finally {
    await engine.close()
  }
}
