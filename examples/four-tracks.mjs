// Four tracks of generated sound, panned apart, started on exact frames. Ctrl-C stops.
import { Engine } from 'noxrun'

const engine = await Engine.open({ fallback: 'virtual' })
try {
  const rate = engine.sampleRate
  const tone = (frequency) =>
    Float32Array.from({ length: rate / 4 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * frequency * i) / rate) * Math.exp((-8 * i) / rate))
  const start = engine.currentTime + 0.2
  const voices = await Promise.all(
    [220, 277.18, 329.63, 440].map(async (frequency, index) => {
      const track = engine.createTrack({ name: `${frequency} Hz`, pan: index / 1.5 - 1 })
      const sample = await engine.load({ channelData: [tone(frequency)], sampleRate: rate })
      return Array.from({ length: 8 }, (_, beat) => track.play(sample, { at: start + beat * 0.5 + index * 0.125 }))
    }),
  )
  await Promise.all(voices.flat().map((voice) => voice.ended))
  const { audioThread, load } = engine.stats()
  console.log(`played on ${engine.device.name}: ${audioThread.allocations} allocations in callbacks, load p99 ${(100 * load.p99).toFixed(2)} %`)
} finally {
  await engine.close()
}
