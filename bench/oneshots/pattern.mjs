// Ten thousand one-shots, always the same ones, and what they must sound like.
//
// Every value is a whole number of 2^-22 and the sums stay below 1, so 32-bit floats hold them exactly and
// the order of addition does not matter: a render is right bit for bit, or wrong.

export const RATE = 48_000
export const SECONDS = 60
export const FRAMES = RATE * SECONDS
const COUNT = 10_000
/** Frames of a one-shot: 5 ms. */
const LENGTH = 240

/** A struck body: a cosine that decays, in steps of 1/256. */
const strike = (frequency) => {
  const at = (i) => Math.cos((2 * Math.PI * frequency * i) / RATE) * Math.exp(-i / 60)
  return Float32Array.from({ length: LENGTH }, (_, i) => Math.round(32 * at(i)) / 256)
}

/** The sound: stereo, different on both sides. */
export const sound = [strike(900), strike(1250)]

function makeShots() {
  let state = 7
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
  const frames = new Set()
  while (frames.size < COUNT) frames.add(Math.floor(random() * (FRAMES - LENGTH)))
  return Array.from(frames, (frame, i) => ({ frame, gain: (i + 1) / 2 ** 14 }))
}

/** In random order, no two on one frame, no two equally loud. */
export const shots = makeShots()

/**
 * Compares a render with the sum of what was scheduled, sample by sample.
 * @param {Float32Array[]} rendered
 * @param {(shot: typeof shots[number]) => number} gainOf
 * @param {number} tolerance 0: bit for bit.
 */
function compare(rendered, gainOf, tolerance) {
  const expected = sound.map((one) => {
    const sum = new Float64Array(FRAMES)
    for (const shot of shots) for (let i = 0; i < LENGTH; i++) sum[shot.frame + i] += gainOf(shot) * one[i]
    return sum
  })
  /** For each frame, how many samples before it are wrong. */
  const wrongBefore = new Uint32Array(FRAMES + 1)
  let peak = 0
  for (let frame = 0; frame < FRAMES; frame++) {
    // Written so that a sample that is missing or no number is wrong.
    const wrong = expected.filter((sum, channel) => !(Math.abs(rendered[channel]?.[frame] - sum[frame]) <= tolerance))
    wrongBefore[frame + 1] = wrongBefore[frame] + wrong.length
    peak = Math.max(peak, ...expected.map((sum) => Math.abs(sum[frame])))
  }
  if (peak > 0.98) throw new Error(`the pattern is too loud to pass unchanged: ${peak}`)
  const isExact = ({ frame }) => wrongBefore[frame + LENGTH] === wrongBefore[frame]
  return { onsets: shots.length, exact: shots.filter(isExact).length, wrongSamples: wrongBefore[FRAMES] }
}

/**
 * Times a render by the clock and by the processor, all threads of this process together, and prints both with
 * the comparison as one line of JSON.
 * @param {() => Promise<Float32Array[]>} render
 * @param {(shot: typeof shots[number]) => number} gainOf
 * @param {number} tolerance
 */
export async function report(render, gainOf, tolerance) {
  const [before, start] = [process.cpuUsage(), performance.now()]
  const rendered = await render()
  const [{ user, system }, wall] = [process.cpuUsage(before), (performance.now() - start) / 1000]
  const version = process.versions.node
  console.log(JSON.stringify({ node: version, cpu: (user + system) / 1e6, wall, ...compare(rendered, gainOf, tolerance) }))
}
