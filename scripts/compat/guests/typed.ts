// Strict TypeScript: compiled as an ES module, as CommonJS and as a bundler would, then run. Values are
// typed by what the package declares, and what it forbids has to be refused.
import {
  Capture, Engine, NoxrunError, listDevices, render,
  type Chunk, type DeviceInfo, type EngineStats, type ErrorCode, type NoxrunWarning, type Param, type PcmData, type Voice,
} from 'noxrun'
import { createVirtualDevice, type VirtualDevice } from 'noxrun/testing'

function ensure(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

async function main(): Promise<void> {
  const device: VirtualDevice = createVirtualDevice({ sampleRate: 48000, channels: 2, loopback: true, clock: 'manual' })
  const engine: Engine = await Engine.open({ device: device.id })
  engine.on('warning', (warning: NoxrunWarning) => {
    if (warning.code === 'BUFFER_SIZE_FALLBACK') ensure(warning.granted > 0, warning.message)
  })
  const capture: Capture = await Capture.open({ device: device.id, channels: 2 })
  const chunks = capture.chunks()
  const quarter = new Float32Array(64).fill(0.25)
  const pcm: PcmData = { channelData: [quarter, quarter], sampleRate: 48000 }
  const track = engine.createTrack({ name: 'typed' })
  const volume: Param = track.volume
  volume.set(1, { ramp: 0 })
  const voice: Voice = track.play(await engine.load(pcm), { at: { frame: 100 } })
  await device.step(512)
  const ended: { frame: number; reason: string } = await voice.ended
  const stats: EngineStats = engine.stats()
  await capture.close()
  let loud = 0
  const count = (chunk: Chunk): number => chunk.samples.filter((value) => value === 0.25).length
  for await (const chunk of chunks) loud += count(chunk)
  await engine.close()
  device.close()
  const { channelData } = await render({ duration: 0.1 }, (offline) => void offline.createTrack())
  const devices: DeviceInfo[] = await listDevices()
  const code: ErrorCode = await Engine.open({ device: 'nonsense' }).then(
    () => 'ERR_IO' as const,
    (error: unknown) => (error instanceof NoxrunError ? error.code : 'ERR_IO'),
  )
  ensure(loud === 128 && ended.frame === 164 && stats.audioThread.allocations === 0, `${loud} ${ended.frame}`)
  ensure(channelData.length === 2 && devices.length > 0 && code === 'ERR_NO_DEVICE', code)
  console.log('all of it worked')
}

// @ts-expect-error -- a buffer size is a number
export const wrongType: NonNullable<Parameters<typeof Engine.open>[0]> = { bufferSize: '256' }
// @ts-expect-error -- there is no such option
export const wrongName: NonNullable<Parameters<typeof Engine.open>[0]> = { bufferSizes: 256 }
// @ts-expect-error -- nor such a code
export const wrongCode: ErrorCode = 'ERR_NONSENSE'

void main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
