// How long a getter takes beside batches of 30,000 plays, and how often it sleeps.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Engine, createVirtualDevice } from '../lib/package.mjs'

const PLAYS = 30_000
const ROUNDS = 4
/** Milliseconds after a batch in which its getter is called without a pause. */
const WATCH = 120
const AWAY = 3600

/** By name: what is read, of an engine with a track and a voice that sounds. */
const GETTERS = {
  currentFrame: ({ engine }) => engine.currentFrame,
  'Param.current': ({ track }) => track.volume.current,
  'Voice.position': ({ voice }) => voice.position,
  'track.meter()': ({ track }) => track.meter(),
  outputLatency: ({ engine }) => engine.outputLatency,
  'stats()': ({ engine }) => engine.stats(),
}

export const title = `Getters in the ${WATCH} ms after a batch of ${PLAYS.toLocaleString('en')} plays: the longest call, and how often the thread slept`
const canCount = process.platform === 'linux'
const sleepsOf = (name) => `${name} sleeps`
export const rows = Object.keys(GETTERS).flatMap((name) => {
  const isCompared = name !== 'currentFrame'
  return [
    {
      figure: name, label: name, unit: 'ms',
      // A stall of the machine meets one getter and not the other.
      ...(isCompared && { target: (figures) => 2 * figures.currentFrame.median + 1 }),
    },
    ...(canCount ? [{
      figure: sleepsOf(name), label: '… sleeps', unit: 'times',
      ...(isCompared && { target: (figures) => figures[sleepsOf('currentFrame')].median }),
    }] : []),
  ]
})

/** How often this thread gave up its processor of its own accord, as in waiting for a lock. */
function countSleeps() {
  if (!canCount) return 0
  const status = readFileSync(`/proc/self/task/${process.pid}/status`, 'utf8')
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1])
}

async function open(device) {
  const engine = await Engine.open({ device: device.id })
  const track = engine.createTrack()
  const sample = await engine.load({ channelData: [new Float32Array(4800).fill(0.1)], sampleRate: engine.sampleRate })
  const voice = track.play(sample, { loop: true })
  await voice.startedAt
  return { engine, track, sample, voice }
}

/** The longest call, in milliseconds, and how many slept, right after a batch of plays and for a while after. */
function watch({ engine, sample }, read) {
  const busy = engine.createTrack()
  engine.batch(() => {
    for (let i = 0; i < PLAYS; i++) busy.play(sample, { at: AWAY + i / 1000 })
  })
  let longest = 0
  const sleeps = countSleeps()
  const end = performance.now() + WATCH
  for (let before = performance.now(); before < end;) {
    read()
    const now = performance.now()
    longest = Math.max(longest, now - before)
    before = now
  }
  return { longest, sleeps: countSleeps() - sleeps }
}

export async function measure() {
  const device = createVirtualDevice({ clock: 'realtime' })
  const figures = Object.fromEntries(Object.keys(GETTERS).flatMap((name) => [[name, []], [sleepsOf(name), []]]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, get] of Object.entries(GETTERS)) {
      // An engine each: what waits in it does not pile up.
      const stand = await open(device)
      globalThis.gc?.()
      const { longest, sleeps } = watch(stand, () => get(stand))
      // The first round warms up.
      if (round > 0) {
        figures[name].push(longest)
        figures[sleepsOf(name)].push(sleeps)
      }
      await stand.engine.close()
      await sleep(10)
    }
  }
  device.close()
  return figures
}
