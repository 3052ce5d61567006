// Who feeds whom: outputs, re-routing while it sounds, circles, and solo in place through buses.
import test from 'ava'
import type { Send, Track } from '../../index'
import { ULP, channel, flat, isHeard, isSame, ramp, stage, throwsCode } from '../playback/stage'
import { noise } from '../support/signal'
import { Random } from './session'
import { FADE, playing } from './stage-mixer'

test('a track feeds the master, or the track that it was given', async (t) => {
  const { engine, play, sample } = await stage(t)
  const bus = engine.createTrack({ volume: 0.5 })
  const [direct, through] = [engine.createTrack(), engine.createTrack({ output: bus })]
  t.is(direct.output, engine.master)
  t.is(through.output, bus)
  t.is(bus.output, engine.master)
  t.is(engine.master.output, engine.master)
  const [a, b] = [noise(1000, 1), noise(1000, 2)]
  direct.play(await sample(a, flat(0, 1000)), { at: 0 })
  through.play(await sample(flat(0, 1000), b), { at: 0 })
  const heard = await play(1000)
  isSame(t, channel(heard, 0), a)
  isSame(t, channel(heard, 1), b.map((x) => x / 2))
})

test('sixty buses in a row, made in either order, pass every bit on its frame', async (t) => {
  for (const isReversed of [false, true]) {
    const { engine, play, sample } = await stage(t, {}, { blockSizes: [100, 1, 37] })
    // Powers of two cancel without rounding.
    const buses = Array.from({ length: 60 }, (_, i) => engine.createTrack({ volume: i % 2 === 0 ? 0.5 : 2 }))
    const way = isReversed ? buses.toReversed() : buses
    for (const [i, bus] of way.entries()) bus.output = way[i + 1] ?? engine.master
    const signal = noise(2000, 3)
    way[0]?.play(await sample(signal, signal), { at: 0 })
    isSame(t, channel(await play(2000), 1), signal)
  }
})

test('re-routing what sounds crosses over 10 ms', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 20_000))
  const bus = engine.createTrack({ volume: 0.25 })
  await play(256)
  track.output = bus
  t.is(track.output, bus)
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 * (ramp(1, 0, n, FADE) + 0.25 * ramp(0, 1, n, FADE)), 2 * ULP)
  track.output = engine.master
  isHeard(t, channel(await play(1000), 0), (n) => 0.5 * (0.25 * ramp(1, 0, n, FADE) + ramp(0, 1, n, FADE)), 2 * ULP)
  isHeard(t, channel(await play(100), 0), () => 0.5)
})

test('re-routing to a way of the same gain is not heard', async (t) => {
  const signal = noise(5000, 4)
  const { engine, track, play } = await playing(t, signal)
  const bus = engine.createTrack()
  await play(1000)
  track.output = bus
  isHeard(t, channel(await play(3000), 0), (n) => signal[n + 1000] ?? 0, 2 * ULP)
})

test('a batch re-routes on its frame', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 9000), {}, { blockSizes: [64, 1, 511] })
  const bus = engine.createTrack({ volume: 0.5 })
  engine.batch(() => { track.output = bus }, { frame: 1234 })
  isHeard(t, channel(await play(4000), 0), (n) => 0.5 * (n < 1234 ? 1 : ramp(1, 0.5, n - 1234, FADE)), 2 * ULP)
})

test('of 3,000 re-routings in a tick the newest holds', async (t) => {
  const { engine, track, play } = await playing(t, flat(0.5, 90_000))
  const bus = engine.createTrack({ volume: 0.25 })
  await play(256)
  for (let i = 0; i < 3001; i++) track.output = i % 2 === 0 ? bus : engine.master
  const heard = channel(await play(9600), 0)
  t.true(heard.every((x) => x >= 0.125 - ULP && x <= 0.5 + ULP))
  isHeard(t, heard, () => 0.125, 0, 4800)
  const { allocations, frees } = engine.stats().audioThread
  t.deepEqual([allocations, frees], [0, 0])
})

test('a circle of outputs and sends is refused, names the argument, and changes nothing', async (t) => {
  const { engine, play, sample } = await stage(t)
  const last = engine.createTrack({ name: 'last' })
  const middle = engine.createTrack({ name: 'middle', output: last })
  const first = engine.createTrack({ name: 'first', output: middle })
  const side = engine.createTrack({ name: 'side' })
  first.send(side, 0)
  for (const to of [last, middle, first]) {
    throwsCode(t, () => (last.output = to), 'ERR_INVALID_ARG', ['output', to.name])
    throwsCode(t, () => last.send(to), 'ERR_INVALID_ARG', ['to', to.name])
  }
  throwsCode(t, () => (side.output = first), 'ERR_INVALID_ARG', ['output', 'first'])
  throwsCode(t, () => side.send(first), 'ERR_INVALID_ARG', ['to', 'first'])
  throwsCode(t, () => engine.master.send(side), 'ERR_INVALID_ARG', ['to', 'side'])
  throwsCode(t, () => (engine.master.output = side), 'ERR_INVALID_ARG', ['output'])
  t.is(last.output, engine.master)
  t.is(side.output, engine.master)
  const signal = noise(500, 5)
  first.play(await sample(signal, signal), { at: 0 })
  isSame(t, channel(await play(500), 0), signal)
})

test('who feeds whom can be turned round while both sound', async (t) => {
  const { engine, play, sample } = await stage(t)
  const b = engine.createTrack({ volume: 0.5 })
  const a = engine.createTrack({ volume: 0.25, output: b })
  a.play(await sample(flat(0.5, 20_000), flat(0.5, 20_000)), { at: 0 })
  b.play(await sample(flat(0.25, 20_000), flat(0.25, 20_000)), { at: 0 })
  isHeard(t, channel(await play(500), 0), () => (0.5 * 0.25 + 0.25) * 0.5)
  throwsCode(t, () => (b.output = a), 'ERR_INVALID_ARG')
  engine.batch(() => {
    a.output = engine.master
    b.output = a
  })
  const turned = (0.5 + 0.25 * 0.5) * 0.25
  const heard = channel(await play(4800), 0)
  isHeard(t, heard, () => turned, 0, 3 * FADE)
  t.true(heard.every((x) => x >= 0 && x <= 0.5))
})

test('a send that is removed no longer closes a circle', async (t) => {
  const { engine, play, sample } = await stage(t)
  const [a, b] = [engine.createTrack(), engine.createTrack({ volume: 0.5 })]
  const send = a.send(b)
  b.play(await sample(flat(0.5, 9000), flat(0.5, 9000)), { at: 0 })
  await play(256)
  throwsCode(t, () => (b.output = a), 'ERR_INVALID_ARG', ['output'])
  send.remove()
  a.volume.set(0.5, { ramp: 0 })
  b.output = a
  isHeard(t, channel(await play(4800), 0), () => 0.125, 0, 3 * FADE)
})

test('tracks of another engine and removed ones cannot be fed', async (t) => {
  const { engine } = await stage(t)
  const { engine: other } = await stage(t)
  const [track, gone] = [engine.createTrack(), engine.createTrack({ name: 'gone' })]
  const foreign = other.createTrack()
  gone.remove()
  for (const to of [foreign, other.master]) {
    throwsCode(t, () => (track.output = to), 'ERR_INVALID_ARG', ['output', 'another engine'])
    throwsCode(t, () => track.send(to), 'ERR_INVALID_ARG', ['to', 'another engine'])
    throwsCode(t, () => engine.createTrack({ output: to }), 'ERR_INVALID_ARG', ['output', 'another engine'])
  }
  throwsCode(t, () => (track.output = gone), 'ERR_INVALID_STATE', ['output', 'gone'])
  throwsCode(t, () => track.send(gone), 'ERR_INVALID_STATE', ['to', 'gone'])
  throwsCode(t, () => engine.createTrack({ output: gone }), 'ERR_INVALID_STATE', ['output', 'gone'])
  throwsCode(t, () => (gone.output = track), 'ERR_INVALID_STATE', ['gone'])
  t.is(track.output, engine.master)
  t.deepEqual(engine.tracks, [track])
})

test('solo in place: what a soloed track feeds stays, and so does what feeds a soloed bus', async (t) => {
  const { engine, play, sample } = await stage(t)
  const [bus, reverb] = [engine.createTrack(), engine.createTrack()]
  const [a, b] = [engine.createTrack({ output: bus }), engine.createTrack({ output: bus })]
  const c = engine.createTrack()
  a.send(reverb, 0.5)
  c.send(reverb, 0.25)
  // Every way has a binary digit of its own.
  for (const [track, level] of [[a, 1 / 64], [b, 1 / 256], [c, 1 / 4]] as const) {
    track.play(await sample(flat(level, 90_000), flat(level, 90_000)), { at: 0 })
  }
  const [A, B, C] = [1 / 64, 1 / 256, 1 / 4]
  const cases: [soloed: Track[], muted: Track[], sum: number][] = [
    [[], [], A + B + C + A / 2 + C / 4],
    [[a], [], A + A / 2],
    [[b], [], B],
    [[c], [], C + C / 4],
    [[b, c], [], B + C + C / 4],
    // The send's own way to the master is not what was soloed.
    [[bus], [], A + B],
    // A send does not open its track: its direct sound would be heard too.
    [[reverb], [], 0],
    [[reverb, c], [], C + C / 4],
    [[a], [a], 0],
    [[a], [bus], A / 2],
    [[a], [reverb], A],
    [[], [reverb], A + B + C],
    [[], [bus], C + A / 2 + C / 4],
    [[engine.master], [], A + B + C + A / 2 + C / 4],
    [[], [engine.master], 0],
  ]
  for (const [index, [soloed, muted, sum]] of cases.entries()) {
    for (const track of [...engine.tracks, engine.master]) {
      track.soloed = soloed.includes(track)
      track.muted = muted.includes(track)
    }
    t.is(channel(await play(512), 0)[511], sum, `case ${index}`)
  }
})

test('solo follows the routing: what is routed into a soloed track is heard, and what it begins to feed', async (t) => {
  const { engine, play, sample } = await stage(t)
  const [solo, other, reverb] = [engine.createTrack(), engine.createTrack(), engine.createTrack()]
  solo.play(await sample(flat(1 / 4, 90_000), flat(1 / 4, 90_000)), { at: 0 })
  other.play(await sample(flat(1 / 64, 90_000), flat(1 / 64, 90_000)), { at: 0 })
  const settled = async (): Promise<number> => channel(await play(1500), 0)[1499] ?? NaN
  solo.soloed = true
  t.is(await settled(), 1 / 4)
  other.output = solo
  t.is(await settled(), 1 / 4 + 1 / 64)
  other.output = engine.master
  t.is(await settled(), 1 / 4)
  const send = solo.send(reverb, 0.5)
  t.is(await settled(), 1 / 4 + 1 / 8)
  send.remove()
  t.is(await settled(), 1 / 4)
  solo.remove()
  t.is(await settled(), 1 / 64)
})

interface Node {
  track: Track
  /** What its voice plays. */
  level: number
  volume: number
  output: Node | undefined
  sends: { send: Send; to: Node; gain: number }[]
}

/** Whether the sound of `from` comes to `to`. */
function reaches(from: Node, to: Node): boolean {
  if (from === to) return true
  if (from.output && reaches(from.output, to)) return true
  return from.sends.some((send) => reaches(send.to, to))
}

/** What comes out of `node`, by the sum over all ways to it. */
function heardOf(node: Node, all: readonly Node[]): number {
  let sum = node.level
  for (const other of all) {
    const gains = other.sends.filter((send) => send.to === node).map((send) => send.gain)
    if (other.output === node) gains.push(1)
    if (gains.length > 0) sum += heardOf(other, all) * gains.reduce((total, gain) => total + gain, 0)
  }
  return sum * node.volume
}

for (const seed of [1, 2, 3]) {
  test(`after any changes the sum is that over all ways (${seed})`, async (t) => {
    const { engine, play, sample } = await stage(t, { maxTracks: 12, safetyLimiter: false })
    const random = new Random(seed)
    const root: Node = { track: engine.master, level: 0, volume: 1, output: undefined, sends: [] }
    let nodes: Node[] = []
    const any = (): Node => random.pick([root, ...nodes])
    const add = async (): Promise<void> => {
      const [level, volume, output] = [random.unit() / 256, random.between(0.3, 1), any()]
      const track = engine.createTrack({ volume, output: output.track })
      track.play(await sample(flat(level, 400_000), flat(0, 400_000)))
      nodes.push({ track, level, volume, output, sends: [] })
    }
    const changes = [
      (node: Node, to: Node): void => {
        if (reaches(to, node)) throwsCode(t, () => (node.track.output = to.track), 'ERR_INVALID_ARG', ['output'])
        else node.track.output = (node.output = to).track
      },
      (node: Node, to: Node): void => {
        const gain = random.between(0, 0.5)
        if (reaches(to, node)) throwsCode(t, () => node.track.send(to.track, gain), 'ERR_INVALID_ARG', ['to'])
        else if (node.sends.length < 8) node.sends.push({ send: node.track.send(to.track, gain), to, gain })
      },
      (node: Node): void => { node.sends.shift()?.send.remove() },
      (node: Node): void => {
        for (const one of node.sends) one.send.gain.value = one.gain = random.between(0, 0.5)
        node.track.volume.value = node.volume = random.between(0.3, 1)
      },
      (node: Node): void => {
        node.track.remove()
        nodes = nodes.filter((other) => other !== node)
        for (const other of nodes) {
          if (other.output === node) other.output = node.output
          other.sends = other.sends.filter((send) => send.to !== node)
        }
      },
    ]
    for (let round = 0; round < 40; round++) {
      while (nodes.length < 12 && (nodes.length < 4 || random.chance(0.6))) await add()
      for (let i = 0; i < 8; i++) {
        const pick = random.below(20)
        changes[pick < 8 ? 0 : pick < 14 ? 1 : pick < 17 ? 2 : pick < 19 ? 3 : 4]?.(random.pick(nodes), any())
        // Some while others fade.
        if (random.chance(0.3)) await play(random.below(300))
      }
      await play(3 * FADE)
      t.deepEqual(nodes.map(({ track }) => track.output), nodes.map(({ output }) => output?.track))
      const expected = heardOf(root, nodes)
      isHeard(t, channel(await play(64), 0), () => expected, 1e-5 * expected)
    }
  })
}
