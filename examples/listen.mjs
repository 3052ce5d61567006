// Captures two seconds, prints the level of each chunk's loudest sample, and what was lost (nothing).
import { Capture } from 'noxrun'

const capture = await Capture.open({ fallback: 'virtual', sampleRate: 16_000, chunk: 3200 })
let frames = 0
for await (const chunk of capture) {
  const peak = chunk.samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0)
  console.log(`${chunk.time.toFixed(3)} s  frame ${chunk.frame}  peak ${peak.toFixed(4)}  lost before ${chunk.droppedBefore}`)
  frames += chunk.frames
  if (frames >= 2 * capture.sampleRate) break
}
const { captured, dropped } = await capture.close()
console.log(`${captured} samples captured, ${dropped} lost`)
