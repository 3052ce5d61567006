// What a write costs JavaScript.
import { setTimeout as sleep } from 'node:timers/promises'
import { Engine, createVirtualDevice } from '../lib/package.mjs'

export const title = 'What a call costs JavaScript'
export const rows = [
  { figure: 'set', label: 'param.set, in a tight loop', unit: 'ns', target: 300 },
  { figure: 'setAlone', label: 'param.set, one a millisecond', unit: 'ns' },
  { figure: 'play', label: 'track.play, of 200 in a row', unit: 'ns' },
  { figure: 'batch', label: 'a write in a batch of 64', unit: 'ns', target: 100 },
]

/** Nanoseconds a write, over runs of many writes each; the first tenth of the runs warms up. */
function time(runs, writes, body) {
  const costs = []
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    body()
    costs.push(((performance.now() - start) * 1e6) / writes)
  }
  return costs.slice(Math.floor(runs / 10))
}

/** Nanoseconds of one call a millisecond, less what the clock itself takes at such a moment. */
async function timeAlone(calls, body) {
  const costs = []
  for (let call = 0; call < calls; call++) {
    await sleep(1)
    const start = performance.now()
    const clock = performance.now()
    body()
    const end = performance.now()
    costs.push((end - clock - (clock - start)) * 1e6)
  }
  return costs
}

async function timePlays(engine, track, runs) {
  const sample = await engine.load({ channelData: [new Float32Array(16)], sampleRate: engine.sampleRate })
  const costs = []
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    for (let i = 0; i < 200; i++) track.play(sample)
    costs.push(((performance.now() - start) * 1e6) / 200)
    await sleep(15)
  }
  return costs.slice(Math.floor(runs / 10))
}

export async function measure() {
  const device = createVirtualDevice({ clock: 'realtime' })
  const engine = await Engine.open({ device: device.id })
  const tracks = Array.from({ length: 8 }, () => engine.createTrack())
  let turn = 0
  const set = time(200, 10_000, () => {
    for (let i = 0; i < 10_000; i++) tracks[i & 7].volume.set((turn++ & 1023) / 1024)
  })
  const batch = time(400, 64 * 50, () => {
    for (let b = 0; b < 50; b++) {
      engine.batch(() => {
        for (let i = 0; i < 64; i++) tracks[i & 7].pan.set((turn++ & 1023) / 1024)
      })
    }
  })
  const setAlone = await timeAlone(600, () => { tracks[turn & 7].volume.set((turn++ & 1023) / 1024) })
  const play = await timePlays(engine, tracks[0], 60)
  await engine.close()
  device.close()
  return { set, setAlone, play, batch }
}
