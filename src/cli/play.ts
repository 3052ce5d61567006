/** `noxrun play`: files, one after another without a gap. */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../engine'
import { NoxrunError } from '../errors'
import type { Sample } from '../sample'
import type { Track } from '../track'
import type { Voice } from '../voice'
import { numberOption } from './args'
import { command } from './command'
import { clock, decibels } from './format'
import { library } from './library'
import type { Interrupt } from './interrupt'
import { loudest, meterBars } from './meter'
import type { Screen } from './screen'
import { watch } from './watch'

/** Seconds between now and the frame at which something is scheduled to start. */
const LEAD = 0.05
/** Seconds in which the sound goes away on Ctrl-C. */
const FADE = 0.03

export const play = command({
  name: 'play',
  summary: 'Play WAV files',
  usage: 'noxrun play FILE... [--device ID] [--volume GAIN] [--json]',
  about: `Plays the files one after another: each begins on the frame after the last one of the file
before. All are looked at first; when one cannot be played, nothing is. Ctrl-C stops (exit status
130).`,
  operands: ['FILE...'],
  options: {
    device: { value: 'ID', help: "A device's ID or a backend's name; default: the default output" },
    volume: { value: 'GAIN', help: 'Linear, 0 to 4; default 1, as in the file' },
    json: { help: 'One line of JSON at the end, nothing else' },
  },
  async run({ values, positionals, screen, interrupt, closing }) {
    const volume = numberOption('--volume', values.volume, { min: 0, max: 4 }) ?? 1
    const noxrun = await library()
    for (const file of positionals) await naming(file, noxrun.probe(file))
    const options = values.device === undefined ? {} : { device: values.device }
    const engine = closing(await noxrun.Engine.open({ ...options, signal: interrupt.signal }))
    const failed = watch(engine, screen)
    const playlist = new Playlist(engine, positionals, volume)
    const showing = screen.isLive && !values.json
    if (showing) screen.live(() => [playlist.line(screen)])
    const onFinished = ({ file, sample }: Item): void => {
      if (showing) screen.print(`  ${file}  ${clock(sample.duration)}`)
    }
    await Promise.race([playlist.play(interrupt, onFinished), failed])
    screen.endLive()
    if (values.json) screen.print(JSON.stringify(playlist.report(interrupt)))
    return interrupt.status ?? 0
  },
})

/** An error that does not name the file is of no use when there are several. */
async function naming<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof NoxrunError) || error.message.includes(file)) throw error
    throw new NoxrunError(error.code, `${file}: ${error.message}`, error.detail)
  }
}

/** A file whose turn has been scheduled. */
interface Item {
  readonly file: string
  readonly sample: Sample
  readonly voice: Voice
  /** Engine frame of its first sample. */
  readonly start: number
}

class Playlist {
  readonly #engine: Engine
  readonly #files: readonly string[]
  readonly #track: Track
  readonly #items: Item[] = []

  constructor(engine: Engine, files: readonly string[], volume: number) {
    this.#engine = engine
    this.#files = files
    this.#track = engine.createTrack({ name: 'play', volume })
  }

  /** Plays all; one file is loaded while the one before it plays, so two are in memory at most. */
  async play(interrupt: Interrupt, onFinished: (item: Item) => void): Promise<void> {
    let before: Item | undefined
    for (const file of this.#files) {
      const sample = await interrupt.orEnd(naming(file, this.#engine.load(file)))
      if (sample === undefined) break
      const item = this.#schedule(file, sample)
      if (before) await this.#finish(before, interrupt, onFinished)
      before = item
    }
    if (before) await this.#finish(before, interrupt, onFinished)
    const fade = interrupt.signal.aborted ? FADE : 0
    if (fade > 0) this.#track.stop({ fade })
    // What has been rendered is still on its way to the loudspeaker.
    const block = this.#engine.bufferSize / this.#engine.sampleRate
    await sleep(1000 * (fade + this.#engine.outputLatency + 2 * block))
  }

  /** Begins where the file before ends; should that be past already, as soon as can be. */
  #schedule(file: string, sample: Sample): Item {
    const soonest = this.#engine.currentFrame + Math.round(LEAD * this.#engine.sampleRate)
    const before = this.#items.at(-1)
    const start = Math.max(soonest, before ? before.start + before.sample.frames : 0)
    const voice = this.#track.play(sample, { at: { frame: start } })
    const item = { file, sample, voice, start }
    this.#items.push(item)
    return item
  }

  async #finish(item: Item, interrupt: Interrupt, onFinished: (item: Item) => void): Promise<void> {
    const end = await interrupt.orEnd(item.voice.ended)
    if (end?.reason !== 'finished') return
    item.sample.dispose()
    onFinished(item)
  }

  /** The file that sounds, how far it is, and how loud. */
  line(screen: Screen): string {
    const now = this.#engine.currentFrame
    const index = Math.max(0, this.#items.findLastIndex(({ start }) => start <= now))
    const item = this.#items[index]
    if (item === undefined) return '  loading'
    const rate = this.#engine.sampleRate
    const time = clock(Math.min(now - item.start, item.sample.frames) / rate)
    const number = this.#files.length > 1 ? `${index + 1}/${this.#files.length} ` : ''
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
      files: this.#items.map(({ file, sample, start }) => ({ path: file, start, frames: sample.frames })),
      xruns,
      stopped: interrupt.signal.aborted,
    }
  }
}

