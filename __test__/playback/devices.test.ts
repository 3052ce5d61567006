// Opening a device, and what an engine does when its device misbehaves.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Engine, type EngineOptions, listDevices } from '../../index'
import { type VirtualDevice, createVirtualDevice } from '../../src/testing'
import { RATE, channel, flat, isHeard, rejectsCode, stage } from './stage'

/** An engine on a device with a clock of its own. */
async function live(t: ExecutionContext, options: EngineOptions = {}): Promise<{ engine: Engine; device: VirtualDevice }> {
  const device = createVirtualDevice({ clock: 'realtime' })
  const engine = await Engine.open({ device: device.id, ...options })
  engine.on('warning', () => undefined)
  t.teardown(async () => {
    await engine.close()
    device.close()
  })
  return { engine, device }
}

const frame = (engine: Engine, beyond: number): Promise<void> => eventually(() => engine.currentFrame > beyond)

async function eventually(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it never came true')
    await sleep(10)
  }
}

test('the list holds the shared virtual device and the created ones while they are there', async (t) => {
  const device = createVirtualDevice({ sampleRate: 44_100, channels: 4, acceptedBufferSizes: [64, 512] })
  const devices = await listDevices()
  t.like(devices.find((one) => one.id === 'virtual'), { backend: 'virtual', outputChannels: 2 })
  t.like(devices.find((one) => one.id === device.id), {
    backend: 'virtual', inputChannels: 4, outputChannels: 4, sampleRates: [44_100],
    bufferSize: { min: 64, max: 512 }, isDefaultInput: false, isDefaultOutput: false,
  })
  t.is(new Set(devices.map((one) => one.id)).size, devices.length)
  device.close()
  t.false((await listDevices()).some((one) => one.id === device.id))
  await rejectsCode(t, Engine.open({ device: device.id }), 'ERR_NO_DEVICE', [device.id])
})

test('a device that is not there is named in the error', async (t) => {
  await rejectsCode(t, Engine.open({ device: 'no such device' }), 'ERR_NO_DEVICE', ['no such device'])
  await rejectsCode(t, Engine.open({ device: 'virtual:999999' }), 'ERR_NO_DEVICE', ['virtual:999999'])
})

test("fallback: 'virtual' stands in for it, and says so with the reason", async (t) => {
  const engine = await Engine.open({ device: 'no such device', fallback: 'virtual' })
  engine.on('warning', () => undefined)
  t.is(engine.device.backend, 'virtual')
  const warning = engine.warnings.find((one) => one.code === 'VIRTUAL_DEVICE')
  t.true(warning?.code === 'VIRTUAL_DEVICE' && warning.reason.includes('no such device'))
  await frame(engine, 1000)
  await engine.close()
})

test('what was granted is what the engine says', async (t) => {
  const { engine } = await stage(t, { bufferSize: 100, channels: 1 }, { sampleRate: 32_000, channels: 1 })
  t.is(engine.sampleRate, 32_000)
  t.is(engine.channels, 1)
  t.is(engine.bufferSize, 100)
  t.is(engine.device.backend, 'virtual')
  t.true(engine.outputLatency >= 0)
  t.deepEqual(engine.warnings, [])
})

test('a rate that the device refuses is kept by the engine, and the sound resampled', async (t) => {
  const { engine, play, sample } = await stage(t, { sampleRate: 44_100 })
  t.is(engine.sampleRate, 44_100)
  t.like(engine.warnings, [{ code: 'SAMPLE_RATE_FALLBACK', asked: 44_100, granted: RATE }])
  const sine = Float32Array.from({ length: 88_200 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 1000 * n) / 44_100))
  engine.createTrack().play(await sample(sine, sine), { at: 0 })
  const heard = channel(await play(RATE), 0)
  t.is(heard.length, RATE)
  // A second of the device is a second of the engine, but for what the resampler holds.
  t.true(Math.abs(engine.currentFrame - 44_100) < 1024)
  // The same tone at the device's rate: all but a thousandth of its energy is at 1 kHz.
  const part = heard.subarray(9600, 9600 + 24_000)
  let [re, im, energy] = [0, 0, 0]
  for (const [n, x] of part.entries()) {
    re += x * Math.cos((2 * Math.PI * 1000 * n) / RATE)
    im += x * Math.sin((2 * Math.PI * 1000 * n) / RATE)
    energy += x * x
  }
  const amplitude = (2 * Math.hypot(re, im)) / part.length
  t.true(Math.abs(amplitude - 0.5) < 1e-3, `amplitude ${amplitude}`)
  t.true(Math.abs(energy / part.length - amplitude ** 2 / 2) < 1e-6)
})

test('two engines on one device are mixed', async (t) => {
  const { engine, device, play, sample } = await stage(t)
  const other = await Engine.open({ device: device.id })
  const long = await sample(flat(0.25, 900), flat(0.25, 900))
  engine.createTrack().play(long, { at: 0 })
  other.createTrack().play(long, { at: { frame: 300 } })
  isHeard(t, channel(await play(600), 0), (n) => (n < 300 ? 0.25 : 0.5))
  await other.close()
  isHeard(t, channel(await play(300), 0), () => 0.25)
})

for (const how of ['lost', 'silent'] as const) {
  test(`a device that is ${how} is reported once, and engine time goes on`, async (t) => {
    const { engine, device } = await live(t)
    const states: string[] = []
    engine.on('device', ({ state }) => states.push(state))
    const sample = await engine.load({ channelData: [flat(0.1, RATE)], sampleRate: RATE })
    const voice = engine.createTrack().play(sample)
    await frame(engine, 1000)
    const told = once(engine, 'device') as Promise<[{ state: string; device: { id: string } }]>
    device.fail(how)
    const [{ state, device: which }] = await told
    t.is(state, 'lost')
    t.is(which.id, device.id)
    const then = engine.currentFrame
    await frame(engine, then + RATE / 2)
    t.is((await voice.ended).reason, 'finished')
    t.deepEqual(states, ['lost'])
    t.is(engine.stats().deviceLosses, 1)
    t.is(engine.stats().lateEvents, 0)
  })
}

test('a device that was lost can be suspended, resumed and closed', async (t) => {
  const { engine, device } = await live(t)
  const told = once(engine, 'device')
  device.fail('lost')
  await told
  await rejectsCode(t, Engine.open({ device: device.id }), 'ERR_NO_DEVICE', [device.id])
  await engine.suspend()
  await sleep(50)
  const then = engine.currentFrame
  await sleep(100)
  t.is(engine.currentFrame, then)
  await engine.resume()
  await frame(engine, then + 1000)
  await engine.close()
  t.pass()
})

test('engine time stands still while suspended, also when the device is lost meanwhile', async (t) => {
  const { engine, device } = await live(t)
  await frame(engine, 500)
  await engine.suspend()
  const told = once(engine, 'device')
  device.fail('lost')
  await told
  await sleep(50)
  const then = engine.currentFrame
  await sleep(100)
  t.is(engine.currentFrame, then)
  await engine.resume()
  await frame(engine, then + 1000)
  t.pass()
})

test('a stepped device that fails holds nobody up', async (t) => {
  const { engine, device, play, sample } = await stage(t)
  const track = engine.createTrack()
  const long = await sample(flat(0.5, 9000), flat(0.5, 9000))
  track.play(long)
  await play(100)
  const told = once(engine, 'device')
  device.fail('lost')
  t.like((await told)[0], { state: 'lost' })
  await play(1000)
  track.play(long)
  await play(1000)
  await engine.close()
  t.pass()
})

test('a device closed under its engine is lost', async (t) => {
  const { engine, device } = await live(t)
  const told = once(engine, 'device')
  device.close()
  t.like((await told)[0], { state: 'lost' })
  await engine.close()
  t.is(engine.stats().deviceLosses, 1)
})

test('an xrun is told and counted', async (t) => {
  const { engine, device, play } = await stage(t)
  const xruns: { frame: number; count: number }[] = []
  engine.on('xrun', (xrun) => xruns.push(xrun))
  await play(500)
  device.fail('xrun')
  device.fail('xrun')
  await play(256)
  t.is(xruns.reduce((sum, { count }) => sum + count, 0), 2)
  t.is(engine.stats().xruns, 2)
})

for (const onLost of ['continue', 'hold'] as const) {
  test(`onLost: '${onLost}' on a stepped device, to the frame, over losses and other rates`, async (t) => {
    const device = createVirtualDevice()
    const engine = await Engine.open({ device: device.id, onLost, safetyLimiter: false })
    t.teardown(async () => {
      await engine.close()
      device.close()
    })
    const states: string[] = []
    engine.on('device', ({ state }) => states.push(state))
    // A staircase: every frame says which it is.
    const stairs = Float32Array.from({ length: 60_000 }, (_, n) => (n + 1) / 2 ** 17)
    const sample = await engine.load({ channelData: [stairs, stairs], sampleRate: RATE })
    engine.createTrack().play(sample, { at: 0 })
    await device.step(1000)
    for (const round of [1, 2, 3]) {
      device.fail('lost')
      await device.step(2000)
      device.restore()
      await device.step(1000)
      const gone = onLost === 'hold' ? 0 : 2000 * round
      t.is(engine.currentFrame, 1000 + 1000 * round + gone)
    }
    const heard = device.output().channelData[0] ?? new Float32Array()
    const begin = onLost === 'hold' ? 3000 : 3000 + 6000
    t.deepEqual(heard.subarray(3000), stairs.subarray(begin, begin + 1000), 'and what is heard is what is due')
    t.deepEqual(states, ['lost', 'restored', 'lost', 'restored', 'lost', 'restored'])
    t.is(engine.stats().deviceLosses, 3)
    t.is(engine.stats().lateEvents, 0)

    // At half the rate, 500 frames of the device are 1,000 of the engine, but for the resampler's.
    const before = engine.currentFrame
    device.fail('lost')
    device.fail('rate', { sampleRate: 24_000 })
    device.restore()
    await device.step(500)
    t.is(states.at(-1), 'changed')
    t.is(engine.sampleRate, RATE)
    t.true(Math.abs(engine.currentFrame - before - 1000) < 300, `${engine.currentFrame - before} frames`)
  })
}

test('a device with its own clock comes back, and engine time never jumps', async (t) => {
  const { engine, device } = await live(t)
  const states: string[] = []
  engine.on('device', ({ state }) => states.push(state))
  const begin = performance.now()
  const first = engine.currentFrame
  for (const how of ['lost', 'silent', 'lost'] as const) {
    device.fail(how)
    while (states.at(-1) !== 'lost') await sleep(2)
    await sleep(300)
    device.restore()
    while (states.at(-1) !== 'restored') await sleep(2)
    await sleep(100)
  }
  const seconds = (performance.now() - begin) / 1000
  const engineSeconds = (engine.currentFrame - first) / RATE
  t.true(Math.abs(seconds - engineSeconds) < 0.5, `${engineSeconds} s of engine time in ${seconds} s`)
  t.deepEqual(states, ['lost', 'restored', 'lost', 'restored', 'lost', 'restored'])
  t.is(engine.stats().deviceLosses, 3)
})

test('an unknown onLost is refused', async (t) => {
  await rejectsCode(t, Engine.open({ device: 'virtual', onLost: 'wait' as never }), 'ERR_INVALID_ARG', ['onLost', "'wait'"])
})

test('a change of the device rate is told', async (t) => {
  const { engine, device, play } = await stage(t)
  const states: string[] = []
  engine.on('device', ({ state }) => states.push(state))
  device.fail('rate', { sampleRate: 44_100 })
  await play(256)
  // The device's own thread tells it.
  while (states.length === 0) await sleep(2)
  await sleep(50)
  t.deepEqual(states, ['changed'])
  t.is(engine.sampleRate, RATE)
})

test.serial('a flood of errors does not grow memory', async (t) => {
  const { engine, device } = await live(t)
  const before = process.memoryUsage.rss()
  for (let i = 0; i < 20; i++) {
    device.fail('flood')
    await sleep(20)
  }
  const then = engine.currentFrame
  await frame(engine, then + 1000)
  t.true(process.memoryUsage.rss() - before < 64 * 2 ** 20)
  t.deepEqual(engine.stats().audioThread, { allocations: 0, frees: 0, blocked: null })
})

test('audit counts what blocked the callback', async (t) => {
  const { engine, play } = await stage(t, { audit: true })
  await play(2560)
  t.is(typeof engine.stats().audioThread.blocked, 'number')
})

test('the clock of a live engine never goes back', async (t) => {
  const device = createVirtualDevice({ clock: 'realtime', blockSizes: [1024, 16, 700, 1] })
  const engine = await Engine.open({ device: device.id })
  let last = 0
  const end = performance.now() + 1500
  let times = 0
  while (performance.now() < end) {
    const now = engine.currentFrame
    if (now < last) t.fail(`${now} after ${last}`)
    last = now
    times += 1
    if (times % 2000 === 0) await sleep(1)
    if (times % 20_000 === 0) {
      await engine.suspend()
      await engine.resume()
    }
  }
  t.true(last > 10_000)
  await engine.close()
  device.close()
})
