/** `noxrun record`: a device's input into a WAV file. */
import type { Capture, CaptureOptions } from '../capture'
import type { Recording, RecordingResult } from '../recording'
import { NoxrunError } from '../errors'
import { numberOption, wavPath, wordOption } from './args'
import { command } from './command'
import { clock, count, decibels, kilohertz, plural } from './format'
import type { Interrupt } from './interrupt'
import { library } from './library'
import { loudest, meterBars } from './meter'
import type { Screen } from './screen'
import { trimWav } from './trim-wav'
import { watch } from './watch'

/** How often the length of the file is looked at. */
const POLL_MS = 5
/** Looks without a single new frame after which something must be wrong: two seconds and more. */
const STALLED_POLLS = 400
const FORMATS = ['f32', 's24', 's16'] as const

export const record = command({
  name: 'record',
  summary: 'Record an input to a WAV file',
  usage:
    'noxrun record OUT.wav [--device ID] [--rate HZ] [--channels N] [--duration SECONDS] [--format FORMAT] [--json]',
  about: `Records until --duration is over or until Ctrl-C, which ends the recording well (exit status 0).
The file can be played at every moment, even if this program is killed. An existing file is
replaced. Samples that could not be taken in time are counted and stand as silence in the file. When
the device goes away it is waited for; the time without it is silence in the file, too.`,
  operands: ['OUT.wav'],
  options: {
    device: { value: 'ID', help: "A device's ID or a backend's name; default: the default input" },
    rate: { value: 'HZ', help: "Rate of the file, 1000 to 768000; default: the device's" },
    channels: { value: 'N', help: 'Channels of the file, 1 to 32; default 1, the average of the input' },
    duration: { value: 'SECONDS', help: 'Length, to the nearest frame; default: until Ctrl-C' },
    format: { value: 'FORMAT', help: 'What a sample is: f32, s24 or s16; default f32' },
    json: { help: 'One line of JSON at the end, nothing else' },
  },
  async run({ values, positionals, screen, interrupt, closing }) {
    const path = wavPath('OUT.wav', positionals[0] ?? '')
    const rate = numberOption('--rate', values.rate, { min: 1000, max: 768_000, whole: true, unit: 'Hz' })
    const channels = numberOption('--channels', values.channels, { min: 1, max: 32, whole: true })
    const duration = numberOption('--duration', values.duration, { min: 0.01, max: 1e6, unit: 'seconds' })
    const format = wordOption('--format', values.format, FORMATS) ?? 'f32'
    const { Capture } = await library()
    const options: CaptureOptions = {
      signal: interrupt.signal,
      ...(values.device !== undefined && { device: values.device }),
      ...(rate !== undefined && { sampleRate: rate }),
      ...(channels !== undefined && { channels }),
    }
    const capture = closing(await Capture.open(options))
    const watched = watch(capture, screen, [], 'wait')
    let isLost = false
    capture.on('device', ({ state }) => { isLost = state === 'lost' })
    const recording = await capture.record(path, { format })
    const failed = Promise.race([watched, failure(recording)])
    const frames = duration === undefined ? Infinity : Math.round(duration * capture.sampleRate)
    try {
      if (!values.json) showProgress(screen, capture, recording, duration)
      await enough(recording, frames, interrupt, failed, () => isLost)
    } finally {
      screen.endLive()
      // Also when the device failed: what was recorded until then is kept, and told.
      const result = await cut(await recording.stop(), frames)
      screen.print(values.json ? jsonSummary(result, capture) : summary(result, capture))
    }
    return 0
  },
})

/**
 * Until the file has so many frames, or a signal comes, or the file stops growing; rejects when the
 * device fails. A device that is away is waited for.
 */
async function enough(
  recording: Recording,
  frames: number,
  interrupt: Interrupt,
  failed: Promise<never>,
  isLost: () => boolean,
): Promise<void> {
  let isOver = false
  const polling = async (): Promise<void> => {
    let [last, stalled] = [0, 0]
    while (!isOver && recording.frames < frames && !interrupt.signal.aborted) {
      await interrupt.pause(POLL_MS)
      stalled = recording.frames === last && !isLost() ? stalled + 1 : 0
      last = recording.frames
      if (stalled >= STALLED_POLLS) throw stalledError(recording)
    }
  }
  try {
    await Promise.race([polling(), failed])
  } finally {
    isOver = true
  }
}

/** What came between the frame that was asked for and the stop is no part of the recording. */
async function cut(result: RecordingResult, frames: number): Promise<RecordingResult> {
  if (result.frames <= frames) return result
  await trimWav(result.path, frames)
  return { ...result, frames }
}

/** Rejects when the recording ends by itself because of an error, such as a full disk. */
async function failure(recording: Recording): Promise<never> {
  const { error } = await recording.ended
  if (error) throw error
  return new Promise<never>(() => undefined)
}

function stalledError({ path, frames }: Recording): NoxrunError {
  return new NoxrunError('ERR_IO', `nothing more arrives in ${path} after ${plural(frames, 'frame')}`)
}

function showProgress(
  screen: Screen,
  capture: Capture,
  recording: Recording,
  duration: number | undefined,
): void {
  if (!screen.isLive) return
  const { id } = capture.device
  screen.print(screen.style('dim', `Recording from '${id}' at ${kilohertz(capture.sampleRate)}; Ctrl-C ends it.`))
  const of = duration === undefined ? '' : ` / ${clock(duration)}`
  screen.live(() => {
    const meter = capture.meter()
    const { dropped } = capture.stats()
    const time = `${clock(recording.frames / capture.sampleRate)}${of}`
    const bars = meterBars(screen, meter, Math.max(10, Math.min(60, screen.width - 50)))
    const lost = screen.style(dropped > 0 ? 'red' : 'dim', `dropped ${count(dropped)}`)
    return [`  ${time}  ${bars} ${decibels(loudest(meter.peak)).padStart(9)}  ${lost}`]
  })
}

function summary({ path, frames, dropped }: RecordingResult, { sampleRate, channels }: Capture): string {
  const seconds = (frames / sampleRate).toFixed(2)
  const how = `${kilohertz(sampleRate)}, ${plural(channels, 'channel')}`
  return `${path}: ${plural(frames, 'frame')}, ${seconds} s (${how}), ${count(dropped)} samples dropped`
}

function jsonSummary(result: RecordingResult, { sampleRate, channels, device }: Capture): string {
  const seconds = result.frames / sampleRate
  return JSON.stringify({ ...result, seconds, sampleRate, channels, device: device.id })
}
