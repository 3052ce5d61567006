// A render that takes minutes: 10,000 s of 256 resampled voices, at a rate that keeps its result small.
import { render } from '../lib/package.mjs'

const how = { sampleRate: 8000, channels: 1 }

/** A sample that every such render can play. */
export async function heavySample() {
  let sample
  await render({ ...how, duration: 0.01 }, async (engine) => {
    sample = await engine.load({ channelData: [new Float32Array(8000).fill(0.001)], sampleRate: 8000 })
  })
  return sample
}

/**
 * Starts one. Awaits nothing inside: where loads wait for renders, it would wait for its like.
 * @param {{ signal?: AbortSignal, onProgress?: (fraction: number) => void }} [options]
 */
export function renderHeavily(sample, options) {
  return render({ ...how, ...options, duration: 10_000 }, (engine) => {
    engine.batch(() => {
      for (let i = 0; i < 60; i++) {
        const track = engine.createTrack()
        for (let voice = 0; voice < 4; voice++) track.play(sample, { loop: true, rate: 1.01 })
      }
    })
  })
}
