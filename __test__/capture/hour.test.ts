// An hour of capture, much faster than it lasts: the counts are exact and every sample is where it belongs.
import test from 'ava'
import { Capture } from '../../index'
import { createVirtualDevice } from '../../src/testing'

const [FROM, TO] = [48_000, 16_000]
const SECONDS = 3600
/** Frames a chunk: a fifth of a second. */
const CHUNK = 3200
/** Full callbacks, long ones, odd ones and single frames. */
const BLOCKS = [4096, 1, 8191, 256, 12_000, 3333]
/** Two tones that never come around together within the hour, on the left and on the right. */
const TONES = [441.013, 996.717] as const
const LEVEL = 0.5

/** A tone, sample after sample, by its recurrence; begun anew now and then, so that no error grows. */
function tone(out: Float32Array, from: number, hertz: number, rate: number, add: boolean): void {
  const step = (2 * Math.PI * hertz) / rate
  const factor = 2 * Math.cos(step)
  for (let begin = 0; begin < out.length; begin += 1000) {
    let before = LEVEL * Math.sin(step * (from + begin - 1))
    let now = LEVEL * Math.sin(step * (from + begin))
    for (let n = begin; n < Math.min(begin + 1000, out.length); n++) {
      out[n] = add ? (out[n] ?? 0) + now : now
      const next = factor * now - before
      before = now
      now = next
    }
  }
}

test('an hour of two channels at 48 kHz becomes an hour of one at 16 kHz, to the sample', async (t) => {
  t.timeout(300_000)
  const device = createVirtualDevice({ sampleRate: FROM, channels: 2, blockSizes: BLOCKS })
  t.teardown(() => { device.close() })
  const capture = await Capture.open({ device: device.id, sampleRate: TO, chunk: CHUNK })
  t.teardown(() => capture.close())
  const chunks = capture.chunks()
  const expected = new Float32Array(CHUNK)
  let [frames, next, worst, others, finals] = [0, 0, 0, 0, 0]
  const reading = (async () => {
    for await (const { samples, frame, droppedBefore, final, ...chunk } of chunks) {
      if (frame !== next || droppedBefore > 0 || chunk.channels !== 1 || chunk.sampleRate !== TO) others++
      if (final) finals++
      tone(expected, frame, TONES[0], TO, false)
      tone(expected, frame, TONES[1], TO, true)
      // The very ends of the hour ring: the signal begins and ends in silence.
      const begin = frame === 0 ? 400 : 0
      const end = Math.min(samples.length, SECONDS * TO - 400 - frame)
      for (let n = begin; n < end; n++) {
        const off = Math.abs((samples[n] ?? NaN) - (expected[n] ?? NaN) / 2)
        // What is not a number is not near.
        if (!(off <= worst)) worst = off
      }
      next = frame + samples.length
      frames += samples.length
    }
  })()
  const second = [new Float32Array(FROM), new Float32Array(FROM)] as const
  for (let n = 0; n < SECONDS; n++) {
    for (const side of [0, 1] as const) tone(second[side], n * FROM, TONES[side], FROM, false)
    device.feed({ channelData: [...second], sampleRate: FROM })
    await device.step(FROM)
  }
  const stats = await capture.close()
  await reading
  t.deepEqual([frames, next, others, finals], [SECONDS * TO, SECONDS * TO, 0, 1])
  // One frame out of its place would be 0.04 off and more.
  t.true(worst < 0.001, `off by ${worst}`)
  t.like(stats, { captured: SECONDS * TO, delivered: SECONDS * TO, dropped: 0, buffered: 0, lostByDevice: 0 })
  t.deepEqual(chunks.stats(), { received: SECONDS * TO, delivered: SECONDS * TO, dropped: 0, buffered: 0 })
  t.deepEqual([stats.audioThread.allocations, stats.audioThread.frees], [0, 0])
  t.true(stats.callbacks > 30_000)
  const { mean, p50, p99, max } = stats.load
  t.true(mean > 0 && mean <= max && p50 > 0 && p50 <= p99, 'callbacks took some of their time')
})
