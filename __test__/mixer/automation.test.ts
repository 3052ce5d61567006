// Automation: each point is reached at its time, from the one before, by the formulas of the contract.
import test from 'ava'
import { ULP, channel, exponential, flat, isHeard, ramp, throwsCode } from '../playback/stage'
import { RAMP, playing } from './stage-mixer'

/** Frame `n` between a point at frame `from` and one that is reached at frame `to`. */
function line(a: number, b: number, n: number, from: number, to: number): number {
  return ramp(a, b, n - from - 1, to - from)
}

test('points of frames, seconds and any curve are reached exactly, whatever the block size', async (t) => {
  for (const blockSizes of [[256], [1, 300, 77]]) {
    const { track, play } = await playing(t, flat(0.5, 20_000), {}, { blockSizes })
    track.volume.automate([
      { at: { frame: 999 }, value: 0.25 },
      { at: 0.05, value: 0.75, curve: 'linear' },
      { at: { frame: 4000 }, value: 0.125, curve: 'exponential' },
      { at: { frame: 5000 }, value: 1, curve: 'step' },
      { at: { frame: 5001 }, value: 0 },
    ])
    t.is(track.volume.value, 0)
    const heard = channel(await play(6000), 0)
    isHeard(t, heard, (n) => {
      if (n <= 999) return 0.5 * ramp(1, 0.25, n, 1000)
      if (n <= 2400) return 0.5 * line(0.25, 0.75, n, 999, 2400)
      if (n <= 4000) return 0.5 * exponential(0.75, 0.125, n - 2401, 1600)
      if (n < 5000) return 0.5 * 0.125
      return n === 5000 ? 0.5 : 0
    }, ULP)
    t.deepEqual([999, 2400, 4000, 5000].map((n) => heard[n]), [0.125, 0.375, 0.0625, 0.5])
  }
})

test('points of beats are reached on their beats', async (t) => {
  for (const tempo of [120, 137, 613.7]) {
    const { engine, track, play } = await playing(t, flat(0.5, 200_000))
    engine.transport.tempo = tempo
    engine.transport.start({ frame: 1000 })
    // The beat of frame n is (n − 1000) · tempo / (60 · rate).
    const frame = (beat: number): number => Math.round(1000 + (beat * 60 * 48_000) / tempo)
    track.volume.automate([
      { at: { beat: 0 }, value: 0.5, curve: 'step' },
      { at: { beat: 0.5 }, value: 1 },
      { at: { beat: 1.25 }, value: 0.25, curve: 'exponential' },
      { at: { beat: 2 }, value: 0.75 },
    ])
    const [first, second, third] = [frame(0.5), frame(1.25), frame(2)]
    isHeard(t, channel(await play(third + 500), 0), (n) => {
      if (n < 1000) return 0.5
      if (n <= first) return 0.5 * line(0.5, 1, n, 1000, first)
      if (n <= second) return 0.5 * exponential(1, 0.25, n - first - 1, second - first)
      return 0.5 * line(0.25, 0.75, n, second, third)
    }, ULP)
  }
})

test('a point on a beat is reached on it though the tempo changes on the way', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 200_000))
  engine.transport.tempo = 480
  engine.transport.start()
  track.volume.automate([
    { at: { beat: 1 }, value: 0, curve: 'step' },
    { at: { beat: 2 }, value: 1 },
    { at: { beat: 3 }, value: 0.5 },
  ])
  engine.transport.setTempo(960, { at: { frame: 9000 } })
  // Beat 1.5 is at 9000; at 960 beats a minute a beat has 3000 frames.
  const heard = channel(await play(15_000), 0)
  isHeard(t, heard, (n) => 0.5 * line(0, 1, n, 6000, 12_000), ULP, 6000, 9000)
  t.is(heard[10_500], 0.5)
  isHeard(t, heard, (n) => 0.5 * line(1, 0.5, n, 10_500, 13_500), ULP, 10_501)
})

test('a point on a beat waits for a transport that stops on the way', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 200_000))
  engine.transport.tempo = 480
  engine.transport.start()
  track.volume.automate([{ at: { beat: 1 }, value: 0, curve: 'step' }, { at: { beat: 2 }, value: 1 }])
  engine.transport.stop({ frame: 9000 })
  engine.transport.start({ frame: 20_000 })
  const heard = channel(await play(24_000), 0)
  isHeard(t, heard, (n) => 0.5 * line(0, 1, n, 6000, 12_000), ULP, 6000, 9000)
  t.true(heard.subarray(9000, 22_999).every((x) => x < 0.5))
  isHeard(t, heard, () => 0.5, 0, 23_000)
})

test('whether the transport is started before or after its points are written makes no difference', async (t) => {
  for (const isFirst of [true, false]) {
    for (const isBatch of [true, false]) {
      const { engine, track, play } = await playing(t, flat(0.5, 60_000), {}, { blockSizes: [256, 37, 5] })
      await play(1000)
      const write = (): void => {
        if (isFirst) engine.transport.start()
        track.volume.automate([{ at: { beat: 0.5 }, value: 0.25 }, { at: { beat: 1 }, value: 1 }])
        if (!isFirst) engine.transport.start()
      }
      if (isBatch) engine.batch(write)
      else write()
      // Beats 0.5 and 1 are 12,000 and 24,000 frames after the start.
      isHeard(t, channel(await play(25_000), 0), (n) => {
        if (n <= 12_000) return 0.5 * ramp(1, 0.25, n, 12_001)
        return n <= 24_000 ? 0.5 * line(0.25, 1, n, 12_000, 24_000) : 0.5
      }, ULP)
    }
  }
})

test('points that wait for a transport are reached from where the parameter stands when it starts', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 60_000))
  track.volume.automate([{ at: { beat: 0.5 }, value: 0 }])
  isHeard(t, channel(await play(3000), 0), () => 0.5)
  track.volume.set(0.5, { ramp: 0 })
  engine.transport.start({ frame: 4000 })
  isHeard(t, channel(await play(17_000), 0), (k) => {
    const n = 3000 + k
    return n < 4000 ? 0.25 : 0.25 * ramp(1, 0, n - 4000, 12_001)
  }, ULP)
})

test('a point that comes too late is applied at once and counted once', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 20_000))
  await play(1000)
  track.volume.automate([{ at: { frame: 500 }, value: 0 }, { at: { frame: 2999 }, value: 1 }])
  isHeard(t, channel(await play(3000), 0), (n) => 0.5 * ramp(0, 1, n, 2000), ULP)
  t.is(engine.stats().lateEvents, 1)
})

test('an automation goes on from where the value before it comes to rest', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 20_000))
  track.volume.set(0.5, { at: { frame: 1000 }, ramp: 0.01 })
  track.volume.automate([{ at: { frame: 3000 }, value: 1 }])
  isHeard(t, channel(await play(5000), 0), (n) => {
    if (n < 1000) return 0.5
    return 0.5 * (n < 1480 ? ramp(1, 0.5, n - 1000, 480) : line(0.5, 1, n, 1479, 3000))
  }, ULP)
  track.volume.set(0.25)
  track.volume.automate([{ at: { frame: 6999 }, value: 0.75 }])
  isHeard(t, channel(await play(3000), 0), (n) =>
    0.5 * (n < RAMP ? ramp(1, 0.25, n, RAMP) : ramp(0.25, 0.75, n - RAMP, 2000 - RAMP)), ULP)
})

test('an automation after a jump begins on its frame', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 20_000))
  track.volume.set(0.25, { at: { frame: 1000 }, ramp: 0 })
  track.volume.automate([{ at: { frame: 2000 }, value: 1 }])
  isHeard(t, channel(await play(3000), 0), (n) => 0.5 * (n < 1000 ? 1 : line(0.25, 1, n, 1000, 2000)), ULP)
})

test('automations join: the second goes on from the last point of the first', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 20_000))
  track.volume.automate([{ at: { frame: 499 }, value: 0 }, { at: { frame: 2000 }, value: 1 }])
  track.volume.automate([{ at: { frame: 3000 }, value: 0.5 }])
  // And a later call may come between: it begins at the point before it.
  track.volume.automate([{ at: { frame: 5000 }, value: 1 }, { at: { frame: 6000 }, value: 0 }])
  isHeard(t, channel(await play(7000), 0), (n) => {
    if (n <= 499) return 0.5 * ramp(1, 0, n, 500)
    if (n <= 2000) return 0.5 * line(0, 1, n, 499, 2000)
    if (n <= 3000) return 0.5 * line(1, 0.5, n, 2000, 3000)
    if (n <= 5000) return 0.5 * line(0.5, 1, n, 3000, 5000)
    return 0.5 * line(1, 0, n, 5000, 6000)
  }, ULP)
})

test('points between those of another automation are reached on the way', async (t) => {
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]]) {
    const { track, play } = await playing(t, flat(0.5, 20_000), {}, { blockSizes: [1, 300, 77] })
    const points = [[[1000, 0.25], [4000, 1]], [[1500, 0.75], [3000, 0], [3000, 0.5]], [[5000, 0.125], [6000, 0.25]]]
    for (const which of order) {
      track.volume.automate((points[which] ?? []).map(([frame = 0, value = 0]) => ({ at: { frame }, value })))
    }
    const all = points.flat().sort(([one = 0], [other = 0]) => one - other)
    isHeard(t, channel(await play(7000), 0), (n) => {
      const next = all.findIndex(([frame = 0]) => n <= frame)
      // Of the two of one time the second stands there.
      if (n === 3000) return 0.5 * 0.5
      const [to, value] = all[next] ?? [0, 0.25]
      if (next < 0) return 0.5 * 0.25
      if (next === 0) return 0.5 * ramp(1, 0.25, n, 1001)
      const [from, before] = all[next - 1] ?? []
      return 0.5 * line(before ?? 0, value ?? 0, n, from ?? 0, to ?? 0)
    }, ULP)
  }
})

test('two points at one time are a step', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 20_000))
  track.volume.automate([
    { at: { frame: 999 }, value: 0.5 },
    { at: { frame: 999 }, value: 1 },
    { at: { frame: 1999 }, value: 0.75 },
  ])
  isHeard(t, channel(await play(3000), 0), (n) =>
    0.5 * (n < 999 ? ramp(1, 0.5, n, 1000) : line(1, 0.75, n, 999, 1999)), ULP)
})

test('a write for a time on the way starts from the value that sounds', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 20_000))
  track.volume.automate([{ at: { frame: 1999 }, value: 0 }])
  track.volume.set(1, { at: { frame: 1000 }, ramp: 0.01 })
  isHeard(t, channel(await play(3000), 0), (n) =>
    0.5 * (n < 1000 ? ramp(1, 0, n, 2000) : ramp(0.5, 1, n - 1000, 480)), ULP)
})

test('cancel without a time drops everything and holds the value where it is', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 20_000))
  track.volume.automate([{ at: { frame: 999 }, value: 0 }, { at: { frame: 1999 }, value: 1 }])
  track.volume.set(0.25, { at: { frame: 3000 } })
  await play(1500)
  track.volume.cancel()
  const held = (500 / 1000) * 0.5
  isHeard(t, channel(await play(5000), 0), () => held, ULP)
  t.is(track.volume.value, track.volume.current)
  // What is written afterwards stands.
  track.volume.set(1, { ramp: 0 })
  isHeard(t, channel(await play(100), 0), () => 0.5)
})

test('cancel from a time keeps what comes before it, and what is written after the call', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 20_000))
  track.volume.automate([
    { at: { frame: 999 }, value: 0 },
    { at: { frame: 1999 }, value: 1 },
    { at: { frame: 2999 }, value: 0 },
  ])
  track.volume.set(0.125, { at: { frame: 1750 }, ramp: 0 })
  track.volume.cancel({ frame: 1750 })
  track.volume.set(0.25, { at: { frame: 4000 }, ramp: 0 })
  isHeard(t, channel(await play(5000), 0), (n) => {
    if (n <= 999) return 0.5 * ramp(1, 0, n, 1000)
    if (n >= 4000) return 0.5 * 0.25
    // The value stays where it is: on that of the last frame before.
    return 0.5 * line(0, 1, Math.min(n, 1749), 999, 1999)
  }, ULP)
})

test('cancel drops an automation that begins with a step, from a time before it and without one', async (t) => {
  for (const from of [{ frame: 1500 }, undefined]) {
    for (const later of [[], [{ at: { frame: 3000 }, value: 0.75 }]]) {
      const { track, play } = await playing(t, flat(0.5, 20_000))
      track.volume.automate([{ at: { frame: 2000 }, value: 0.25, curve: 'step' }, ...later])
      track.volume.cancel(from)
      isHeard(t, channel(await play(4000), 0), () => 0.5, ULP)
    }
  }
})

test('a step in front of another point leads to that one', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 20_000))
  track.volume.automate([{ at: { frame: 3000 }, value: 1 }])
  track.volume.automate([{ at: { frame: 1000 }, value: 0.25, curve: 'step' }])
  isHeard(t, channel(await play(4000), 0), (n) => {
    if (n < 1000) return 0.5
    if (n <= 3000) return 0.5 * line(0.25, 1, n, 1000, 3000)
    return 0.5
  }, ULP)
})

test('cancel from a beat holds the value from that beat on', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 50_000))
  engine.transport.tempo = 480
  engine.transport.start()
  track.volume.automate([
    { at: { beat: 0 }, value: 0, curve: 'step' },
    { at: { beat: 1 }, value: 1 },
    { at: { beat: 2 }, value: 0 },
  ])
  track.volume.cancel({ beat: 1.5 })
  isHeard(t, channel(await play(20_000), 0), (n) => {
    if (n <= 6000) return n === 0 ? 0 : 0.5 * line(0, 1, n, 0, 6000)
    return 0.5 * line(1, 0, Math.min(n, 8999), 6000, 12_000)
  }, ULP)
})

test('an automation is taken whole or not at all', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 50_000), { maxEvents: 10 })
  await play(256)
  const points = (count: number): { at: { frame: number }; value: number }[] =>
    Array.from({ length: count }, (_, i) => ({ at: { frame: 1000 * (i + 1) }, value: i % 2 }))
  throwsCode(t, () => { track.volume.automate(points(11)) }, 'ERR_QUEUE_FULL', ['10'])
  t.is(track.volume.value, 1)
  isHeard(t, channel(await play(3000), 0), () => 0.5)
  track.volume.automate(points(14).slice(4))
  throwsCode(t, () => { track.volume.automate(points(20).slice(19)) }, 'ERR_QUEUE_FULL', ['10'])
  const heard = channel(await play(15_000), 0)
  t.deepEqual([5000, 6000, 13_000, 14_000].map((n) => heard[n - 3256]), [0, 0.5, 0, 0.5])
})

test('what a batch scheduled is undone with it', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 50_000))
  const { gain } = track.send(engine.createTrack({ volume: 0 }), 0.5)
  track.volume.automate([{ at: { frame: 4999 }, value: 0 }])
  await play(1000)
  t.throws(() => engine.batch(() => {
    track.volume.cancel()
    track.volume.automate([{ at: { frame: 2000 }, value: 4 }])
    gain.automate([{ at: { frame: 2000 }, value: 4 }])
    gain.set(2, { at: { frame: 3000 } })
    throw new Error('from inside')
  }))
  t.is(track.volume.value, 0)
  t.is(gain.value, 0.5)
  isHeard(t, channel(await play(5000), 0), (n) => 0.5 * ramp(1, 0, n + 1000, 5000), ULP)
  t.is(gain.current, 0.5)
})

test('an automation in a batch begins with it', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 50_000))
  engine.batch(() => {
    track.volume.set(0, { ramp: 0 })
    track.volume.automate([{ at: { frame: 3000 }, value: 1 }])
  }, { frame: 1000 })
  isHeard(t, channel(await play(5000), 0), (n) => 0.5 * (n < 1000 ? 1 : line(0, 1, n, 1000, 3000)), ULP)
})

test('10,000 points are reached one by one', async (t) => {
  const { track, play } = await playing(t, flat(0.5, 60_000))
  track.volume.automate(Array.from({ length: 10_000 }, (_, i) => ({
    at: { frame: 5 * i + 4 },
    value: (i % 97) / 96,
  })))
  const value = (i: number): number => (i < 0 ? 1 : (i % 97) / 96)
  isHeard(t, channel(await play(50_000), 0), (n) => {
    const i = Math.floor(n / 5)
    return 0.5 * ramp(value(i - 1), value(i), n % 5, 5)
  }, ULP)
})
