/** `noxrun demo`: a piece on four tracks, played and captured back at the same time. */
import type { RecordingResult } from '../recording'
import { numberOption, wavPath } from './args'
import { command } from './command'
import { type Stage, openListener, openStage } from './demo-open'
import { Performance } from './demo-performance'
import { compose } from './demo-piece'
import { type DemoResult, faults, jsonSummary, summaryLines } from './demo-summary'
import { kilohertz, plural } from './format'
import { library } from './library'
import { watch } from './watch'

export const demo = command({
  name: 'demo',
  summary: 'Play a small piece on four tracks and capture it back',
  usage: 'noxrun demo [--device ID] [--out FILE.wav] [--seconds SECONDS] [--json]',
  about: `Plays a generated piece with volume and pan moves on the default device, or on the virtual one where
there is none, and writes to a WAV file what it captures at the same time: the virtual device's
loopback, or a real device's input. Ends with what was played, captured, lost and allocated; exit
status 1 if the audio callbacks allocated anything or a sample was lost.`,
  operands: [],
  options: {
    device: { value: 'ID', help: "A device's ID or a backend's name; default: the default output" },
    out: { value: 'FILE.wav', help: 'Where the capture goes; default noxrun-demo.wav' },
    seconds: { value: 'SECONDS', help: 'Length of the piece, 1 to 60; default 8' },
    json: { help: 'One line of JSON at the end, nothing else' },
  },
  async run({ values, screen, interrupt, closing }) {
    const out = wavPath('--out', values.out ?? 'noxrun-demo.wav')
    const seconds = numberOption('--seconds', values.seconds, { min: 1, max: 60, unit: 'seconds' }) ?? 8
    const noxrun = await library()
    const { signal } = interrupt

    const stage = await openStage(noxrun, values.device, { signal })
    const engine = closing(stage.engine)
    const failures = [watch(engine, screen)]
    if (!values.json) for (const line of opening(stage, seconds)) screen.print(line)
    const performance = await Performance.prepare(engine, compose(seconds))
    // Last, so that nothing waits in its ring while the sounds are made.
    const listener = await openListener(noxrun, engine, values.device !== undefined, { signal })
    const capture = listener.capture && closing(listener.capture)
    if (capture) failures.push(watch(capture, screen))
    const recording = await capture?.record(out)

    let recorded: RecordingResult | undefined
    try {
      if (!values.json) screen.live(() => performance.lines(screen, capture))
      await performance.play(interrupt, capture, Promise.race(failures))
    } finally {
      screen.endLive()
      recorded = await recording?.stop()
    }
    if (interrupt.status !== undefined && !values.json) {
      if (recorded) screen.print(`Stopped; ${recorded.path} holds ${plural(recorded.frames, 'frame')}`)
      return interrupt.status
    }

    const captureStats = await capture?.close()
    await engine.close()
    const result: DemoResult = {
      stage, listener, seconds, recorded, captureStats,
      stopped: interrupt.signal.aborted,
      engineStats: engine.stats(),
      peak: performance.capturedPeak,
    }
    if (values.json) screen.print(JSON.stringify(jsonSummary(result)))
    else for (const line of summaryLines(result, screen)) screen.print(line)
    if (interrupt.status !== undefined) return interrupt.status
    const wrong = faults(result)
    if (wrong.length === 0) return 0
    screen.complain(wrong.join('; '))
    return 1
  },
})

function opening({ engine, standIn }: Stage, seconds: number): string[] {
  const title = `Four tracks, ${plural(seconds, 'second')}, on '${engine.device.id}' at ${kilohertz(engine.sampleRate)}`
  if (standIn === undefined) return [title]
  return [`No sound will be heard: the virtual device stands in, because there is ${standIn}`, title]
}
