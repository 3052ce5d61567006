// Hears the input through a filter for five seconds: capture → track with a low-pass → output, and says
// how late. Use headphones: a microphone that hears its own loudspeaker whistles.
import { setTimeout as sleep } from 'node:timers/promises'
import { Capture, Engine } from 'noxrun'

// On the virtual device what is played is what is captured: there it hears its own clicks as echoes.
const engine = await Engine.open({ fallback: 'virtual', bufferSize: 128 })
const capture = await Capture.open({ device: engine.device.id, sampleRate: engine.sampleRate, channels: 2, bufferSize: 128 })
if (engine.device.backend === 'virtual') {
  const click = Float32Array.from({ length: 480 }, (_, n) => 0.3 * Math.sin(n / 4) * (1 - n / 480))
  const sample = await engine.load({ channelData: [click], sampleRate: engine.sampleRate })
  const clicks = engine.createTrack({ name: 'Clicks' })
  for (let n = 1; n <= 4; n++) clicks.play(sample, { at: engine.currentTime + n })
}

const track = engine.createTrack({ name: 'Input' })
track.fx.add('filter', { type: 'lowpass', frequency: 2000 })
const input = track.input(capture, { gain: 0.5 })
const meter = track.createMeter()
for (let second = 1; second <= 5; second++) {
  await sleep(1000)
  const late = 1000 * (input.latency + engine.outputLatency)
  console.log(`${second} s  peak ${Math.max(...meter.read().peak).toFixed(4)}  input to output ${late.toFixed(1)} ms`)
}
input.remove()
await sleep(20)
await capture.close()
await engine.close()
