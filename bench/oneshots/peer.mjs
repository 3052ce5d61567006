// The one-shots through node-web-audio-api; all at unity gain, which spares it a node each. Started by
// ../oneshots.mjs.
import { OfflineAudioContext } from 'node-web-audio-api'
import { FRAMES, RATE, report, shots, sound } from './pattern.mjs'

async function renderShots() {
  const context = new OfflineAudioContext({ numberOfChannels: sound.length, length: FRAMES, sampleRate: RATE })
  const buffer = context.createBuffer(sound.length, sound[0].length, RATE)
  sound.forEach((samples, channel) => buffer.copyToChannel(samples, channel))
  for (const { frame } of shots) {
    const source = context.createBufferSource()
    source.buffer = buffer
    source.connect(context.destination)
    source.start(frame / RATE)
  }
  const rendered = await context.startRendering()
  return sound.map((_, channel) => rendered.getChannelData(channel))
}

// It interpolates between samples, which leaves 1e-15 behind.
await report(renderShots, () => 1, 1e-9)
