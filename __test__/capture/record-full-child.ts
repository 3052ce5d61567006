// Records to a disk that fills up, and beside it to one that does not, while a third reader reads on.
// Prints what came of it as JSON. Arguments: the path on the small disk, the other path, the frames to
// record, and the rotation in bytes or 0.
import { Capture, type NoxrunError } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { fullSample } from './record-full-signal'

export interface Outcome {
  /** What `ended` said, before stop() was called. */
  ended: { path: string; frames: number; files: string[]; code: string | undefined; message: string | undefined }
  /** What stop() rejected with. */
  stopped: { code: string | undefined; message: string | undefined }
  told: { path: string; frames: number; startFrame: number }[]
  warnings: { code: string; path: string }[]
  otherFrames: number
  readFrames: number
  dropped: number
}

async function main([small = '', other = '', count = '', bytes = '']: readonly string[]): Promise<Outcome> {
  const frames = Number(count)
  const device = createVirtualDevice({ channels: 2 })
  const capture = await Capture.open({ device: device.id, channels: 2, capacity: 4 * frames })
  const warnings: Outcome['warnings'] = []
  capture.on('warning', (warning) => {
    if (warning.code === 'RECORDING_FAILED') warnings.push({ code: warning.code, path: warning.path })
  })
  let readFrames = 0
  const reading = (async () => {
    for await (const chunk of capture) readFrames += chunk.frames
  })()
  const told: Outcome['told'] = []
  const recording = await capture.record(small, {
    onFile: (file) => told.push(file),
    ...(bytes !== '0' && { rotate: { bytes: Number(bytes) } }),
  })
  const beside = await capture.record(other, { format: 's16' })
  let fed = 0
  const feed = async (): Promise<void> => {
    const channelData = [0, 1].map((c) => Float32Array.from({ length: 5000 }, (_, n) => fullSample(fed + n, c)))
    device.feed({ channelData, sampleRate: 48_000 })
    fed += 5000
    await device.step(5000)
  }
  while (fed < frames - 20_000) await feed()
  const end = await recording.ended
  while (fed < frames) await feed()
  const stopped: Partial<NoxrunError> = await recording.stop().then(() => ({}), (error: unknown) => error as NoxrunError)
  await capture.close()
  await reading
  return {
    ended: { path: end.path, frames: end.frames, files: [...recording.files], code: end.error?.code, message: end.error?.message },
    stopped: { code: stopped.code, message: stopped.message },
    told,
    warnings,
    otherFrames: (await beside.stop()).frames,
    readFrames,
    dropped: capture.stats().dropped,
  }
}

// Nobody may be left to end it.
setTimeout(() => process.exit(3), 60_000).unref()
void main(process.argv.slice(2)).then((outcome) => {
  console.log(JSON.stringify(outcome))
  process.exit(0)
})
