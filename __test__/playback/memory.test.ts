// What an engine and a capture reserve goes back when they are closed.
import { setFlagsFromString } from 'node:v8'
import { setTimeout as sleep } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { Capture, Engine } from '../../index'
import { createVirtualDevice } from '../../src/testing'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('closed engines and captures are collected, and their memory goes back', async (t) => {
  const device = createVirtualDevice()
  t.teardown(() => { device.close() })
  const references: WeakRef<object>[] = []
  const cycle = async (): Promise<void> => {
    const engine = await Engine.open({ device: device.id })
    const capture = await Capture.open({ device: device.id })
    await device.step(512)
    await engine.close()
    await capture.close()
    references.push(new WeakRef(engine), new WeakRef(capture))
  }
  for (let i = 0; i < 3; i++) await cycle()
  const before = process.memoryUsage().rss
  for (let i = 0; i < 20; i++) await cycle()
  const grown = (process.memoryUsage().rss - before) / 2 ** 20
  // An engine reserves some 20 MB: kept, 20 of them would be 400.
  t.true(grown < 100, `${Math.round(grown)} MB kept by 20 closed engines`)
  for (let i = 0; i < 20 && references.some((one) => one.deref()); i++) {
    await sleep(20)
    collect()
  }
  const kept = references.filter((one) => one.deref()).length
  t.true(kept <= 2, `${kept} of ${references.length} closed objects were not collected`)
})
