/** `noxrun play`: files, one after another without a gap. */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../engine'
import { NoxrunError } from '../errors'
import type { Sample } from '../sample'
import type { Track } from '../track'
import type { Voice } from '../voice'
import { UsageError, numberOption } from './args'
import { command } from './command'
import { clock, decibels } from './format'
import { library } from './library'
import type { Interrupt } from './interrupt'
import { loudest, meterBars } from './meter'
import type { Screen } from './screen'
import { watch } from './watch'

/** Seconds between now and the frame at which something is scheduled to start. */
const LEAD = 0.05
/** Seconds that are scheduled ahead before the next file is loaded: more than loading takes. */
const AHEAD = 2
/** Seconds in which the sound goes away on Ctrl-C. */
const FADE = 0.03

export const play = command({
  name: 'play',
  summary: 'Play WAV and FLAC files',
  usage: 'noxrun play FILE... [--device ID] [--volume GAIN] [--loop] [--start SECONDS] [--json]',
  about: `Plays WAV and FLAC files one after another: each begins on the frame after the last one of the file
before, and with --loop the first one after the last. All are looked at first; when one cannot be
played, nothing is. Ctrl-C stops (exit status 130).`,
  operands: ['FILE...'],
  options: {
    device: { value: 'ID', help: "A device's ID or a backend's name; default: the default output" },
    volume: { value: 'GAIN', help: 'Linear, 0 to 4; default 1, as in the file' },
    loop: { help: 'Repeat all of them until Ctrl-C, without a gap' },
    start: { value: 'SECONDS', help: 'Where in the first file to begin; default 0. Repetitions begin at 0' },
    json: { help: 'One line of JSON at the end, nothing else' },
  },
  async run({ values, positionals, screen, interrupt, closing }) {
    const volume = numberOption('--volume', values.volume, { min: 0, max: 4 }) ?? 1
    const start = numberOption('--start', values.start, { min: 0, max: 1e6, unit: 'seconds' }) ?? 0
    const noxrun = await library()
    for (const [i, file] of positionals.entries()) {
      const { duration } = await naming(file, noxrun.probe(file))
      if (i === 0) checkStart(start, file, duration)
    }
    const options = values.device === undefined ? {} : { device: values.device }
    // A device that goes away goes on where it stopped when it is back.
    const engine = closing(await noxrun.Engine.open({ ...options, onLost: 'hold', signal: interrupt.signal }))
    const failed = watch(engine, screen, [], 'wait')
    const playlist = new Playlist(engine, positionals, { volume, start, loop: values.loop })
    const showing = screen.isLive && !values.json
    if (showing) screen.live(() => [playlist.line(screen)])
    const onFinished = ({ file, sample, isRepetition }: Item): void => {
      if (showing && !isRepetition) screen.print(`  ${file}  ${clock(sample.duration)}`)
    }
    await Promise.race([playlist.play(interrupt, onFinished), failed])
    screen.endLive()
    if (values.json) screen.print(JSON.stringify(playlist.report(interrupt)))
    return interrupt.status ?? 0
  },
})

function checkStart(start: number, file: string, duration: number | null): void {
  if (start === 0 || duration === null || start < duration) return
  throw new UsageError(`--start must be before the end of ${file}, ${clock(duration)}, got '${start}'`)
}

/** An error that does not name the file is of no use when there are several. */
async function naming<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof NoxrunError) || error.message.includes(file)) throw error
    throw new NoxrunError(error.code, `${file}: ${error.message}`, error.detail)
  }
}

interface Settings {
  readonly volume: number
  /** Seconds within the first file. */
  readonly start: number
  readonly loop: boolean
}

/** A file's turn. */
interface Turn {
  readonly file: string
  /** Its place in the list, from 1. */
  readonly number: number
  /** Seconds within the file. */
  readonly offset: number
  readonly isRepetition: boolean
}

/** A turn that has been scheduled. */
interface Item extends Turn {
  readonly sample: Sample
  readonly voice: Voice
  /** Engine frame of its first sample. */
  readonly start: number
}

class Playlist {
  readonly #engine: Engine
  readonly #files: readonly string[]
  readonly #settings: Settings
  readonly #track: Track
  /** What has not finished, and the last one that has. */
  #items: Item[] = []
  /** What is told at the end: the list as it was played first. */
  readonly #played: { path: string; start: number; frames: number }[] = []
  /** The frame after everything that is scheduled. */
  #end = 0
  #frames = 0

  constructor(engine: Engine, files: readonly string[], settings: Settings) {
    this.#engine = engine
    this.#files = files
    this.#settings = settings
    this.#track = engine.createTrack({ name: 'play', volume: settings.volume })
  }

  /**
   * Plays all; one file is loaded while the one before it plays, so two are in memory at most, or
   * as many as fill `AHEAD`.
   */
  async play(interrupt: Interrupt, onFinished: (item: Item) => void): Promise<void> {
    const waiting: Item[] = []
    for (const turn of this.#turns()) {
      const sample = await interrupt.orEnd(naming(turn.file, this.#engine.load(turn.file)))
      if (sample === undefined) break
      waiting.push(this.#schedule(turn, sample))
      while (waiting.length > 1 && this.#isAhead()) {
        for (const item of waiting.splice(0, 1)) await this.#finish(item, interrupt, onFinished)
      }
    }
    for (const item of waiting) await this.#finish(item, interrupt, onFinished)
    const fade = interrupt.signal.aborted ? FADE : 0
    if (fade > 0) this.#track.stop({ fade })
    // What has been rendered is still on its way to the loudspeaker.
    const block = this.#engine.bufferSize / this.#engine.sampleRate
    await sleep(1000 * (fade + this.#engine.outputLatency + 2 * block))
  }

  #isAhead(): boolean {
    return this.#end - this.#engine.currentFrame > AHEAD * this.#engine.sampleRate
  }

  /** The files in their order, again and again when they are repeated. */
  *#turns(): Generator<Turn> {
    const { loop, start } = this.#settings
    let before: number
    for (let pass = 0; ; pass++) {
      before = this.#frames
      for (const [i, file] of this.#files.entries()) {
        yield { file, number: i + 1, offset: pass + i === 0 ? start : 0, isRepetition: pass > 0 }
      }
      // A single file repeats itself; empty ones would repeat without end in no time.
      if (!loop || this.#files.length === 1 || this.#frames === before) return
    }
  }

  /** Begins where the file before ends; should that be past already, as soon as can be. */
  #schedule(turn: Turn, sample: Sample): Item {
    const { sampleRate, currentFrame } = this.#engine
    const start = Math.max(currentFrame + Math.round(LEAD * sampleRate), this.#end)
    const loop = this.#settings.loop && this.#files.length === 1
    const voice = this.#track.play(sample, { at: { frame: start }, offset: turn.offset, loop })
    const frames = sample.frames - Math.round(turn.offset * sampleRate)
    this.#end = start + frames
    this.#frames += frames
    const item = { ...turn, sample, voice, start }
    this.#items.push(item)
    if (!turn.isRepetition) this.#played.push({ path: turn.file, start, frames })
    return item
  }

  async #finish(item: Item, interrupt: Interrupt, onFinished: (item: Item) => void): Promise<void> {
    const end = await interrupt.orEnd(item.voice.ended)
    if (end?.reason !== 'finished') return
    item.sample.dispose()
    if (this.#items.length > 1) this.#items = this.#items.filter((one) => one !== item)
    onFinished(item)
  }

  /** The file that sounds, how far it is, and how loud. */
  line(screen: Screen): string {
    const now = this.#engine.currentFrame
    const item = this.#items.findLast(({ start }) => start <= now) ?? this.#items[0]
    if (item === undefined) return '  loading'
    const time = clock(item.voice.position)
    const number = this.#files.length > 1 ? `${item.number}/${this.#files.length} ` : ''
    const name = path.basename(item.file)
    const title = name.length > 24 ? `${name.slice(0, 21)}...` : name
    const meter = this.#track.meter()
    const bars = meterBars(screen, meter, Math.max(10, Math.min(60, screen.width - title.length - 42)))
    const peak = decibels(loudest(meter.peak)).padStart(9)
    return `  ${number}${title}  ${time} / ${clock(item.sample.duration)}  ${bars} ${peak}`
  }

  report(interrupt: Interrupt): object {
    const { xruns } = this.#engine.stats()
    return {
      device: this.#engine.device.id,
      sampleRate: this.#engine.sampleRate,
      files: this.#played,
      xruns,
      stopped: interrupt.signal.aborted,
    }
  }
}
