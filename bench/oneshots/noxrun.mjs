// The one-shots through this package; each at a gain of its own. Started by ../oneshots.mjs.
import { render } from '../lib/package.mjs'
import { RATE, SECONDS, report, shots, sound } from './pattern.mjs'

async function renderShots() {
  const { channelData } = await render({ duration: SECONDS, sampleRate: RATE, channels: sound.length }, async (engine) => {
    const sample = await engine.load({ channelData: sound, sampleRate: RATE })
    const track = engine.createTrack()
    for (const { frame, gain } of shots) track.play(sample, { at: { frame }, gain })
  })
  return channelData
}

await report(renderShots, ({ gain }) => gain, 0)
