// A strict TypeScript consumer: CommonJS.
import { strict as assert } from 'node:assert'
import { Capture, Engine, listDevices, NoxrunError, type DeviceInfo, type ErrorCode } from 'noxrun'
import { createVirtualDevice } from 'noxrun/testing'

async function main(): Promise<void> {
  const devices: DeviceInfo[] = await listDevices()
  assert.ok(devices.some((device) => device.backend === 'virtual'))
  const device = createVirtualDevice({ loopback: true, clock: 'manual' })
  const engine = await Engine.open({ device: device.id })
  const capture = await Capture.open({ device: device.id })
  await device.step(256)
  const { captured, dropped }: { captured: number; dropped: number } = await capture.close()
  await engine.close()
  device.close()
  assert.equal(captured, 256)
  assert.equal(dropped, 0)
  try {
    engine.createTrack()
    assert.fail('a closed engine made a track')
  } catch (error) {
    const code: ErrorCode | undefined = error instanceof NoxrunError ? error.code : undefined
    assert.equal(code, 'ERR_CLOSED')
  }
  console.log('played and captured')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
