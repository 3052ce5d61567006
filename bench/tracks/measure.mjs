// The time of a block with 0 to 512 playing tracks. Started by ../tracks.mjs; prints one line of JSON.
import { DEADLINE, RATE, openStepped, timeInTurns } from '../lib/blocks.mjs'
import { median } from '../lib/figures.mjs'

const SIZES = [0, 1, 8, 32, 128, 512]
const ROUNDS = 30
const BLOCKS = 200
/** Quiet enough that the sum of 512 stays below the master's safety stage. */
const PEAK = 1 / 1024

let state = 1
const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
const noise = (frames) => Float32Array.from({ length: frames }, () => (2 * random() - 1) * PEAK)

/** Each track loops half a second of stereo of its own, under a fader that never stands still, panned, with a meter. */
async function openTracks(count) {
  const stand = await openStepped({ maxTracks: Math.max(1, count), maxVoices: Math.max(1, count), controlCapacity: 4096 })
  const { engine, device } = stand
  const meters = []
  for (let i = 0; i < count; i++) {
    const track = engine.createTrack({ volume: 0.2, pan: (i % 2 === 0 ? 1 : -1) * (0.1 + (0.8 * i) / count) })
    const sample = await engine.load({ channelData: [noise(RATE / 2), noise(RATE / 2)], sampleRate: RATE })
    track.volume.set(0.8, { ramp: 3600 })
    track.play(sample, { loop: true })
    meters.push(track.createMeter())
  }
  // Past the default fades, and until everything sounds.
  await device.step(RATE)
  return { ...stand, meters }
}

const stands = []
for (const size of SIZES) stands.push(await openTracks(size))
const results = await timeInTurns(stands, { rounds: ROUNDS, blocks: BLOCKS })

// Silence would be fast: all of it must sound still.
for (const [i, { engine, device, meters, close }] of stands.entries()) {
  for (const meter of meters) meter.read()
  await device.step(RATE)
  const sounding = meters.filter((meter) => meter.read().peak.every((peak) => peak > 0)).length
  const { voices, audioThread } = engine.stats()
  if (sounding !== SIZES[i] || voices !== SIZES[i]) {
    throw new Error(`of ${SIZES[i]} tracks ${sounding} sounded, with ${voices} voices`)
  }
  if (audioThread.allocations > 0) throw new Error(`${audioThread.allocations} allocations in callbacks`)
  await close()
}

// What a track adds to the block of the empty engine.
const empty = results[0].callbacks.p50
const perTrack = (i) => results[i].callbacks.p50.map((value, round) => (value - empty[round]) / SIZES[i])
const rows = SIZES.map((size, i) => {
  const { p50, p99 } = results[i].callbacks
  return { size, p50: median(p50), p99: median(p99), worst: Math.max(...p99), perTrack: size > 0 ? median(perTrack(i)) : null }
})
const [at32, at512] = [32, 512].map((size) => perTrack(SIZES.indexOf(size)))
const growth = median(at512.map((value, round) => value / at32[round]))
console.log(JSON.stringify({ blocks: ROUNDS * BLOCKS, deadline: DEADLINE, rows, growth }))
