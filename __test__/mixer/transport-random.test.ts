// Random sessions of starts, stops, seeks, loops and tempos: every beat on the frame that the rules give.
import test from 'ava'
import type { Voice } from '../../index'
import { RATE, stage } from '../playback/stage'
import { click, randoms } from './clicks'
import { type Fate, TransportModel } from './transport-model'

async function fateOf({ startedAt, ended }: Voice): Promise<Fate> {
  const frame = await Promise.race([startedAt, Promise.resolve('waits' as const)])
  return frame ?? `dropped on ${(await ended).frame}`
}

for (const blockSizes of [[256], [64, 1, 511]]) {
  test(`40 random sessions in blocks of ${blockSizes.join(', ')} frames follow the rules`, async (t) => {
    for (let seed = 0; seed < 40; seed++) {
      const one = await stage(t, {}, { blockSizes })
      const { engine } = one
      const { transport } = engine
      const track = engine.createTrack()
      const sound = await click(one)
      const model = new TransportModel(RATE)
      const random = randoms(seed)
      const voices: Voice[] = []
      const actions: ((frame: number) => void)[] = [
        (frame) => {
          transport.start()
          model.start(frame)
        },
        (frame) => {
          if (random() < 0.5) return
          transport.stop()
          model.stop(frame)
        },
        (frame) => {
          const tempo = 60 + 600 * random()
          transport.tempo = tempo
          model.setTempo(tempo, frame)
        },
        (frame) => {
          const beat = 3 * random()
          transport.seek(beat)
          model.seek(beat, frame)
        },
        (frame) => {
          const start = 2 * random()
          const loop = random() < 0.3 ? null : { start, end: start + 0.05 + random() }
          transport.loop = loop
          model.setLoop(loop, frame)
        },
      ]
      await one.play(100)
      for (let round = 0; round < 40; round++) {
        const frame = engine.currentFrame
        for (let k = Math.floor(5 * random()); k > 0; k--) {
          model.advance(frame, frame)
          if (random() < 0.55) {
            const beat = 3 * random()
            model.wait(voices.length, beat, frame)
            voices.push(track.play(sound, { at: { beat } }))
          } else actions[Math.floor(random() * actions.length)]?.(frame)
          model.advance(frame, frame)
        }
        const frames = 1 + Math.floor(6000 * random())
        await one.play(frames)
        model.advance(frame, frame + frames - 1)
        const off = Math.abs(transport.beat - model.beatAt(frame + frames))
        // On the very frame of a wrap both ends of a loop are the same place.
        t.true(Math.min(off, Math.abs(off - model.loopLength)) < 1e-6, `seed ${seed}: beat at frame ${frame + frames}`)
      }
      const fates = await Promise.all(voices.map(fateOf))
      t.deepEqual(fates, voices.map((_, id) => model.fates.get(id)) as Fate[], `seed ${seed}`)
      t.is(engine.stats().lateEvents, model.late, `seed ${seed}`)
    }
  })
}
