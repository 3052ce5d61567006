// Runs in the bare root: imports the package, lists devices, tries to open what cannot be there, renders
// a file and plays on the virtual device. Prints one line of JSON.
import { Capture, Engine, listDevices, NoxrunError, render } from 'noxrun'

async function refusal(open) {
  try {
    const opened = await open()
    await opened.close()
    return { opened: true }
  } catch (error) {
    return { isNoxrunError: error instanceof NoxrunError, code: error.code, message: error.message }
  }
}

const devices = await listDevices()
const refusals = {
  alsa: await refusal(() => Engine.open({ device: 'alsa' })),
  jack: await refusal(() => Engine.open({ device: 'jack' })),
  input: await refusal(() => Capture.open({ device: 'alsa' })),
  any: await refusal(() => Engine.open()),
}

const rate = 48000
const tone = Float32Array.from({ length: rate }, (_, i) => 0.25 * Math.sin((2 * Math.PI * 440 * i) / rate))
const rendered = await render({ duration: 1, output: '/tmp/bare.wav', format: 's16' }, async (engine) => {
  const sample = await engine.load({ channelData: [tone, tone], sampleRate: rate })
  engine.createTrack().play(sample)
})

const engine = await Engine.open({ fallback: 'virtual' })
const capture = await Capture.open({ device: 'virtual' })
let captured = 0
for await (const { frames } of capture) {
  captured += frames
  if (captured > 10_000) break
}
await capture.close()
await engine.close()

console.log(JSON.stringify({
  devices: devices.map(({ id }) => id), refusals, captured,
  peak: rendered.peak, frames: rendered.frames, warnings: engine.warnings.map(({ code }) => code),
}))
