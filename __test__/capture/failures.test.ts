// Devices that fail: told once, and never a hang.
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { CaptureEvents } from '../../index'
import type { VirtualDeviceOptions } from '../../src/testing'
import { Stand, assertBalanced, interleaved, rest, until } from './stand'

interface Told {
  stand: Stand
  /** States of 'device' events, and 'error' and 'close' for those. */
  events: string[]
}

async function open(t: ExecutionContext, clock: VirtualDeviceOptions['clock'] = 'manual'): Promise<Told> {
  const stand = await Stand.open(t, { channels: 2, chunk: 100 }, { clock })
  const events: string[] = []
  stand.capture.on('device', (event: CaptureEvents['device'][0]) => {
    t.is(event.device.id, stand.device.id)
    events.push(event.state)
  })
  stand.capture.on('error', () => events.push('error'))
  stand.capture.on('close', () => events.push('close'))
  return { stand, events }
}

test('a device that is lost is told once, and the capture ends in order', async (t) => {
  const { stand, events } = await open(t)
  const chunks = stand.capture.chunks()
  await stand.record(250)
  stand.device.fail('lost')
  stand.device.fail('lost')
  await stand.device.step(500)
  await until(t, 'the loss was told', () => events.length > 0)
  await sleep(120)
  t.deepEqual(events, ['lost'])
  assertBalanced(t, stand.capture)
  await stand.capture.close()
  const heard = await rest(chunks)
  t.deepEqual(heard[0]?.samples, interleaved(0, 100, 2))
  t.is(heard.reduce((sum, chunk) => sum + chunk.frames, 0), 250)
  t.is(heard.at(-1)?.final, true)
  t.deepEqual(events, ['lost', 'close'])
})

test('a device that falls silent is told once, within half a second', async (t) => {
  const { stand, events } = await open(t, 'realtime')
  const chunks = stand.capture.chunks()
  await until(t, 'it runs', () => stand.capture.stats().callbacks > 10)
  stand.device.fail('silent')
  const since = performance.now()
  await until(t, 'the loss was told', () => events.length > 0)
  t.true(performance.now() - since < 2000, 'the limit of 500 ms, and a slow machine')
  await sleep(600)
  t.deepEqual(events, ['lost'])
  await stand.capture.close()
  t.is((await rest(chunks)).at(-1)?.final, true)
})

for (const how of ['lost', 'silent'] as const) {
  test(`a device that was ${how} and is back is told, and captured on`, async (t) => {
    const { stand, events } = await open(t, 'realtime')
    stand.device.fail(how)
    await until(t, 'the loss was told', () => events.length > 0)
    const then = stand.capture.stats().captured
    stand.device.restore()
    await until(t, 'its return was told', () => events.length > 1)
    await until(t, 'it captures', () => stand.capture.stats().captured > then)
    t.deepEqual(events, ['lost', 'restored'])
    assertBalanced(t, stand.capture)
  })
}

test('a flood of errors changes nothing in what is captured, and reaches nobody', async (t) => {
  const { stand, events } = await open(t)
  const chunks = stand.capture.chunks()
  await stand.record(250)
  stand.device.fail('flood')
  await stand.record(250)
  await stand.capture.close()
  const heard = await rest(chunks)
  for (const chunk of heard) t.deepEqual(chunk.samples, interleaved(chunk.frame, chunk.frames, 2))
  t.is(heard.reduce((sum, chunk) => sum + chunk.frames, 0), 500)
  t.deepEqual(events, ['close'])
})

test('another rate is told once as a change', async (t) => {
  const { stand, events } = await open(t)
  const chunks = stand.capture.chunks()
  await stand.record(250)
  stand.device.fail('rate', { sampleRate: 44_100 })
  await stand.record(250)
  await until(t, 'the change was told', () => events.length > 0)
  await sleep(120)
  t.deepEqual(events, ['changed'])
  await stand.capture.close()
  t.is((await rest(chunks)).at(-1)?.final, true)
})

test('an xrun is counted', async (t) => {
  const { stand } = await open(t)
  await stand.record(256)
  t.is(stand.capture.stats().xruns, 0)
  stand.device.fail('xrun')
  stand.device.fail('xrun')
  await stand.record(256)
  t.is(stand.capture.stats().xruns, 2)
  t.is(stand.capture.stats().dropped, 0)
})

test('a device that is closed under its capture is told once', async (t) => {
  for (const clock of ['manual', 'realtime'] as const) {
    const { stand, events } = await open(t, clock)
    const chunks = stand.capture.chunks()
    stand.device.close()
    await until(t, 'the loss was told', () => events.length > 0)
    await sleep(120)
    t.deepEqual(events, ['lost'])
    await stand.capture.close()
    t.is((await rest(chunks)).at(-1)?.final, true)
  }
})

test('a capture may be closed in the middle of a step', async (t) => {
  for (let n = 0; n < 20; n++) {
    const { stand } = await open(t)
    const chunks = stand.capture.chunks()
    const stepping = stand.record(20_000)
    const stats = await stand.capture.close()
    await stepping
    t.is(stats.captured, stats.delivered)
    const heard = await rest(chunks)
    for (const chunk of heard) t.deepEqual(chunk.samples, interleaved(chunk.frame, chunk.frames, 2))
    t.is(2 * heard.reduce((sum, chunk) => sum + chunk.frames, 0), stats.captured)
  }
})
