// A pattern of clicks, scheduled ahead by frames and by beats, heard back through a real server: every
// onset on its exact frame, whatever JavaScript does meanwhile.
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Engine, Voice } from '../../index'
import { type Loop, heard } from '../support/heard'
import { useServer } from '../support/servers'
import { block } from '../support/signal'

const server = useServer(test, 256)
const RATE = 48_000
const CLICKS = 72
/** Frames after which the tempo changes, in the middle of the pattern. */
const CHANGE = 90_000
const TEMPOS = [133, 97] as const

/** Where the clicks stand, in frames from the start: over three and a half seconds, without a pattern. */
const offsets = Array.from({ length: CLICKS }, (_, i) => 2311 * i + ((i * i * 37) % 1900))
/** Each click has a level of its own, by which it is known. */
const levels = offsets.map((_, i) => (i + 16) / 128)

/** Where the transport stands so many frames after its start. */
function beatAt(frames: number): number {
  const before = (Math.min(frames, CHANGE) * TEMPOS[0]) / (60 * RATE)
  return before + (Math.max(frames - CHANGE, 0) * TEMPOS[1]) / (60 * RATE)
}

/** Schedules everything before any of it is due: every other click by its beat. */
async function schedule(engine: Engine): Promise<{ start: number; voices: Voice[] }> {
  const one = Float32Array.of(1 / 4)
  const click = await engine.load({ channelData: [one, one], sampleRate: RATE })
  const tracks = [engine.createTrack(), engine.createTrack()]
  const start = engine.currentFrame + RATE / 2
  engine.transport.tempo = TEMPOS[0]
  engine.transport.start({ frame: start })
  engine.transport.setTempo(TEMPOS[1], { at: { frame: start + CHANGE } })
  const voices = offsets.map((offset, i) => {
    const at = i % 2 === 0 ? { frame: start + offset } : { beat: beatAt(offset) }
    const track = tracks[i % 3 === 0 ? 0 : 1]
    if (!track) throw new Error('a track')
    return track.play(click, { at, gain: 4 * (levels[i] ?? 0) })
  })
  return { start, voices }
}

/** Plays the pattern while `meanwhile` runs, and compares what came back. */
async function isExact(t: ExecutionContext, { engine, capture, collector }: Loop, meanwhile: (voices: Voice[]) => Promise<void>): Promise<void> {
  const { start, voices } = await schedule(engine)
  await meanwhile(voices)
  const started = await Promise.all(voices.map((voice) => voice.startedAt))
  await voices.at(-1)?.ended
  t.deepEqual(started.map((frame) => (frame ?? NaN) - start), offsets)
  await sleep(300)
  await capture.close()
  await collector.done
  t.is(collector.dropped, 0)
  for (const index of [0, 1]) {
    const signal = collector.channel(index)
    const found = [...signal.keys()].filter((n) => signal[n] !== 0)
    const first = found[0] ?? NaN
    t.deepEqual(found.map((n) => n - first), offsets.map((offset) => offset - (offsets[0] ?? NaN)))
    t.deepEqual(found.map((n) => signal[n]), levels)
  }
  const { lateEvents, audioThread, stolenVoices } = engine.stats()
  t.deepEqual([lateEvents, stolenVoices, audioThread.allocations, audioThread.frees], [0, 0, 0, 0])
}

for (const backend of ['jack', 'alsa'] as const) {
  test.serial(`${backend}: every onset is on its frame while JavaScript is blocked for 1.5 s`, async (t) => {
    await heard(server, backend, (loop) => isExact(t, loop, async () => {
      await sleep(1500)
      block(1500)
    }))
  })

  test.serial(`${backend}: every onset is on its frame while JavaScript floods other tracks`, async (t) => {
    await heard(server, backend, async (loop) => {
      const { engine } = loop
      const others = Array.from({ length: 16 }, () => engine.createTrack())
      const effects = others.map((track) => track.fx.add('filter'))
      await isExact(t, loop, async (voices) => {
        const done = { is: false }
        const end = voices.at(-1)?.ended.then(() => { done.is = true })
        for (let i = 0; !done.is; i++) {
          for (let k = 0; k < 1000; k++) {
            const place = (i + k) % others.length
            others[place]?.volume.set(((i + k) % 400) / 100)
            effects[place]?.params.frequency.set(20 + ((i * 31 + k) % 9000))
          }
          const track = others[i % others.length]
          track?.pan.set((i % 200) / 100 - 1, { at: engine.currentTime + 0.5 })
          if (track) track.muted = i % 3 === 0
          await sleep(1)
        }
        await end
      })
    })
  })
}
