// Devices that fail: told once, and never a hang.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { CaptureEvents } from '../../index'
import type { VirtualDeviceOptions } from '../../src/testing'
import { Stand, assertBalanced, interleaved, outline, rest, until } from './stand'
import { frequency, left, tone } from './tone'
import { readWav } from './wav'

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

test('a device that falls silent is told once', async (t) => {
  const { stand, events } = await open(t, 'realtime')
  const chunks = stand.capture.chunks()
  await until(t, 'it runs', () => stand.capture.stats().callbacks > 10)
  stand.device.fail('silent')
  await until(t, 'the loss was told', () => events.length > 0)
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

test('another rate is told once as a change, and heard at the right pitch in the right place', async (t) => {
  const { stand, events } = await open(t)
  const { capture, device } = stand
  const chunks = capture.chunks()
  await stand.record(4800)
  device.fail('rate', { sampleRate: 44_100 })
  device.feed(tone(44_100, 44_100, 2))
  await device.step(44_100)
  t.deepEqual(events, ['changed'])
  t.is(capture.sampleRate, 48_000)
  const stats = assertBalanced(t, capture)
  t.is(stats.lostByDevice, 0, 'a device that only changes loses nothing here')
  await capture.close()
  const heard = await rest(chunks)
  t.is(heard.reduce((sum, chunk) => sum + chunk.frames, 0), 4800 + 48_000)
  const before = heard.filter((chunk) => chunk.frame < 4800)
  for (const chunk of before) t.deepEqual(chunk.samples, interleaved(chunk.frame, chunk.frames, 2))
  const samples = left(heard.filter((chunk) => chunk.frame >= 4800))
  const heardAt = frequency(samples.subarray(1000, 47_000), 48_000)
  t.true(Math.abs(heardAt - 1000) < 0.05, `${heardAt} Hz`)
})

for (const how of ['lost', 'silent'] as const) {
  test(`a stepped device that was ${how} leaves a gap of exactly its steps`, async (t) => {
    const { stand, events } = await open(t)
    const chunks = stand.capture.chunks()
    await stand.record(250)
    stand.device.fail(how)
    await stand.device.step(30_000)
    t.deepEqual(events, ['lost'], 'half a second of its time is enough')
    t.is(stand.capture.stats().captured, 500)
    stand.device.restore()
    await stand.record(250)
    t.deepEqual(events, ['lost', 'restored'])
    const stats = assertBalanced(t, stand.capture)
    t.like(stats, { captured: 1000, dropped: 0, lostByDevice: 30_000 })
    await stand.capture.close()
    const heard = await rest(chunks)
    t.deepEqual(outline(heard), [[0, 100, 0], [100, 100, 0], [200, 50, 0], [30_250, 100, 0], [30_350, 100, 0], [30_450, 50, 0]])
    t.deepEqual(heard[3]?.samples, interleaved(250, 100, 2), 'the first sample after it is the first of the new stream')
    t.deepEqual(heard[2]?.samples, interleaved(200, 50, 2), 'the last one before it was not lost')
  })
}

test('a silence too short to be a loss is counted to the frame and told by nobody', async (t) => {
  const { stand, events } = await open(t)
  const chunks = stand.capture.chunks()
  await stand.record(100)
  stand.device.fail('silent')
  await stand.device.step(4800)
  stand.device.restore()
  await stand.record(100)
  t.deepEqual(events, [])
  t.is(stand.capture.stats().lostByDevice, 4800)
  await stand.capture.close()
  t.deepEqual(outline(await rest(chunks)), [[0, 100, 0], [4900, 100, 0], [5000, 0, 0]])
})

test('a device may be lost again and again, and come back at other rates', async (t) => {
  const { stand, events } = await open(t)
  const { capture, device } = stand
  const chunks = capture.chunks()
  const told: string[] = []
  let axis = 0
  let rate = 48_000
  for (const sampleRate of [48_000, 24_000, 96_000, 96_000, 48_000]) {
    device.feed(tone(rate / 10, rate, 2))
    await device.step(rate / 10)
    device.fail('lost')
    await device.step(rate / 4)
    axis += 4800 + 12_000
    if (sampleRate !== rate) device.fail('rate', { sampleRate })
    device.restore()
    told.push('lost', sampleRate === rate ? 'restored' : 'changed')
    rate = sampleRate
  }
  await device.step(rate / 10)
  t.deepEqual(events, told)
  const stats = assertBalanced(t, capture)
  t.is(stats.lostByDevice, 5 * 12_000)
  t.is(stats.captured, 2 * 6 * 4800)
  await capture.close()
  const last = (await rest(chunks)).at(-1)
  t.is((last?.frame ?? 0) + (last?.frames ?? 0), axis + 4800)
})

test('what is lost in a pause is part of the pause', async (t) => {
  const { stand, events } = await open(t)
  const chunks = stand.capture.chunks()
  await stand.record(100)
  stand.capture.pause()
  await stand.device.step(100)
  stand.device.fail('lost')
  await stand.device.step(1000)
  t.is(stand.capture.stats().lostByDevice, 0)
  stand.capture.resume()
  await stand.device.step(500)
  stand.device.restore()
  await stand.record(100)
  t.deepEqual(events, ['lost', 'restored'])
  t.is(stand.capture.stats().lostByDevice, 500)
  await stand.capture.close()
  t.deepEqual(outline(await rest(chunks)), [[0, 100, 0], [1700, 100, 0], [1800, 0, 0]])
})

test('a capture that is closed while its device is gone ends where time stands', async (t) => {
  const { stand, events } = await open(t)
  const chunks = stand.capture.chunks()
  await stand.record(250)
  stand.device.fail('lost')
  await stand.device.step(1000)
  const stats = await stand.capture.close()
  t.like(stats, { captured: 500, delivered: 500, lostByDevice: 1000 })
  t.deepEqual(events, ['lost', 'close'])
  const heard = await rest(chunks)
  t.deepEqual(outline(heard).slice(2), [[200, 50, 0], [1250, 0, 0]])
  t.is(heard.at(-1)?.final, true)
})

test('closing does not wait for a device that is tried again', async (t) => {
  const { stand, events } = await open(t, 'realtime')
  stand.device.fail('lost')
  await until(t, 'the loss was told', () => events.length > 0)
  await sleep(300)
  // The device comes back only afterwards: who waited for it would wait for ever.
  await stand.capture.close()
  stand.device.restore()
  await sleep(300)
  t.deepEqual(events, ['lost', 'close'])
})

test('a file is as long as the time of its device, over a loss', async (t) => {
  const { stand } = await open(t)
  const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-failures-'))
  t.teardown(() => { rmSync(dir, { recursive: true, force: true }) })
  const file = path.join(dir, 'a.wav')
  const recording = await stand.capture.record(file)
  await stand.record(1000)
  stand.device.fail('lost')
  await stand.device.step(2000)
  stand.device.restore()
  await stand.record(1000)
  t.like(await recording.stop(), { frames: 4000, dropped: 0 })
  const { values } = readWav(file)
  t.deepEqual(Float32Array.from(values.slice(0, 2000)), interleaved(0, 1000, 2))
  t.true(values.slice(2000, 6000).every((value) => value === 0))
  t.deepEqual(Float32Array.from(values.slice(6000)), interleaved(1000, 1000, 2))
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
