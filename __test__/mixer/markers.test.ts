// Markers: told with the exact frame on which they stand.
import test from 'ava'
import { render } from '../../index'
import { RATE, type Stage, stage, throwsCode } from '../playback/stage'
import { beatFrames, randoms } from './clicks'

const BEAT = beatFrames(120)

interface Marker { name: string; frame: number }

/** What an engine tells from now on. */
function listen({ engine }: Stage): Marker[] {
  const told: Marker[] = []
  engine.on('marker', (marker) => told.push(marker))
  return told
}

test('they fire with their name and frame: seconds, frames and beats', async (t) => {
  const one = await stage(t)
  const told = listen(one)
  const { transport } = one.engine
  transport.tempo = 97
  transport.start({ frame: 333 })
  transport.marker('beat', { beat: 1.5 })
  transport.marker('seconds', 0.123456)
  transport.marker('first', { frame: 0 })
  transport.marker('frame', { frame: 20_000 })
  t.deepEqual(told, [])
  await one.play(60_000)
  t.deepEqual(told, [
    { name: 'first', frame: 0 },
    { name: 'seconds', frame: Math.round(0.123456 * RATE) },
    { name: 'frame', frame: 20_000 },
    { name: 'beat', frame: Math.round(333 + 1.5 * beatFrames(97)) },
  ])
})

test('they fire with the step that reaches them, never inside a call', async (t) => {
  const one = await stage(t)
  const told = listen(one)
  one.engine.transport.marker('there', { frame: 500 })
  await one.play(500)
  t.deepEqual(told, [])
  await one.play(1)
  t.deepEqual(told, [{ name: 'there', frame: 500 }])
})

test('those of one frame fire in the order of their calls; a name may stand twice', async (t) => {
  const one = await stage(t)
  const told = listen(one)
  one.engine.transport.start()
  for (const name of ['b', 'a', 'b']) one.engine.transport.marker(name, { frame: BEAT / 2 })
  one.engine.transport.marker('c', { beat: 0.5 })
  await one.play(BEAT)
  t.deepEqual(told, ['b', 'a', 'b', 'c'].map((name) => ({ name, frame: BEAT / 2 })))
})

test('2,000 of them are all told, in order, though JavaScript takes them late', async (t) => {
  const one = await stage(t)
  const told = listen(one)
  const random = randoms(1)
  const frames = Array.from({ length: 2000 }, () => Math.floor(random() * 90_000))
  for (const [i, frame] of frames.entries()) one.engine.transport.marker(`marker ${i}`, { frame })
  await one.play(90_000)
  const expected = [...frames.entries()].toSorted(([i, a], [k, b]) => a - b || i - k)
  t.deepEqual(told, expected.map(([i, frame]) => ({ name: `marker ${i}`, frame })))
})

test('a tempo that changes moves them', async (t) => {
  const one = await stage(t)
  const told = listen(one)
  one.engine.transport.start()
  one.engine.transport.marker('moved', { beat: 2 })
  await one.play(BEAT)
  one.engine.transport.tempo = 40
  await one.play(90_000)
  t.deepEqual(told, [{ name: 'moved', frame: BEAT + beatFrames(40) }])
})

test('in a loop each stands on the frame of the pass that comes by it', async (t) => {
  const one = await stage(t)
  const told = listen(one)
  const { transport } = one.engine
  transport.tempo = 671
  transport.loop = { start: 0.5, end: 0.9 }
  transport.start()
  const beat = beatFrames(671)
  const expected: Marker[] = []
  for (let pass = 0; pass < 40; pass++) {
    transport.marker(`pass ${pass}`, { beat: 0.6 })
    const passed = Math.round(0.6 * beat + pass * 0.4 * beat)
    expected.push({ name: `pass ${pass}`, frame: passed })
    await one.play(passed + 1 - one.engine.currentFrame)
  }
  t.deepEqual(told, expected)
})

test('one that is sought past does not fire, one that is sought to does', async (t) => {
  const one = await stage(t)
  const told = listen(one)
  const { transport } = one.engine
  for (const beat of [0.5, 1, 2, 2.5]) transport.marker(`beat ${beat}`, { beat })
  transport.start()
  await one.play(BEAT * 0.75)
  transport.seek(2)
  await one.play(BEAT)
  transport.seek(0)
  await one.play(4 * BEAT)
  t.deepEqual(told, [
    { name: 'beat 0.5', frame: BEAT / 2 },
    { name: 'beat 2', frame: BEAT * 0.75 },
    { name: 'beat 2.5', frame: BEAT * 1.25 },
  ])
})

test('in the past they fire at once, on the frame on which they did, and are counted late', async (t) => {
  const one = await stage(t)
  const told = listen(one)
  one.engine.transport.start()
  await one.play(BEAT)
  one.engine.transport.marker('frame', { frame: 10 })
  one.engine.transport.marker('beat', { beat: 0.25 })
  await one.play(100)
  t.deepEqual(told.toSorted((a, b) => a.name.localeCompare(b.name)), [
    { name: 'beat', frame: BEAT },
    { name: 'frame', frame: BEAT },
  ])
  t.is(one.engine.stats().lateEvents, 2)
})

test('those of a batch that comes to nothing never fire', async (t) => {
  const one = await stage(t)
  const told = listen(one)
  const { engine } = one
  t.throws(() => engine.batch(() => {
    engine.transport.marker('never', { frame: 100 })
    throw new Error('from inside')
  }))
  engine.batch(() => { engine.transport.marker('its own time', { frame: 200 }) }, { frame: 700 })
  await one.play(1000)
  t.deepEqual(told, [{ name: 'its own time', frame: 200 }])
})

test('a rendering tells its markers too', async (t) => {
  const told: Marker[] = []
  await render({ duration: 1 }, (engine) => {
    engine.on('marker', (marker) => told.push(marker))
    engine.transport.marker('frame', { frame: 12_345 })
    engine.transport.marker('beat', { beat: 1.25 })
    engine.transport.marker('beyond', { frame: RATE })
    engine.transport.start()
  })
  t.deepEqual(told, [{ name: 'frame', frame: 12_345 }, { name: 'beat', frame: 1.25 * BEAT }])
})

test('names and times that are none throw and leave nothing behind', async (t) => {
  const one = await stage(t, { maxEvents: 1 })
  const told = listen(one)
  const { transport } = one.engine
  for (const name of ['', 5, null, undefined, {}]) {
    throwsCode(t, () => { transport.marker(name as string, { frame: 0 }) }, 'ERR_INVALID_ARG', ['name'])
  }
  for (const at of [undefined, null, '1', NaN, {}, { beat: '1' }, { beat: 1, frame: 1 }]) {
    throwsCode(t, () => { transport.marker('x', at as never) }, 'ERR_INVALID_ARG', ['at'])
  }
  throwsCode(t, () => { transport.marker('x', { beat: -1 }) }, 'ERR_OUT_OF_RANGE', ['-1'])
  throwsCode(t, () => { transport.marker('x', -1) }, 'ERR_OUT_OF_RANGE', ['-1'])
  transport.marker('one', { frame: 5 })
  throwsCode(t, () => { transport.marker('two', { frame: 6 }) }, 'ERR_QUEUE_FULL', ['1'])
  await one.play(100)
  transport.marker('three', { frame: 150 })
  await one.play(100)
  t.deepEqual(told, [{ name: 'one', frame: 5 }, { name: 'three', frame: 150 }])
})
