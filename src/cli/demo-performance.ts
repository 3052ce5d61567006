/** The demo's piece on an engine: everything is scheduled ahead, then there is only watching. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Capture } from '../capture'
import type { Engine } from '../engine'
import type { Sample } from '../sample'
import type { Track } from '../track'
import type { Voice } from '../voice'
import { PARTS, type Part, type Piece, SETTINGS } from './demo-piece'
import { clock, decibels, percent } from './format'
import type { Interrupt } from './interrupt'
import { loudest, meterBars, panDial } from './meter'
import type { Screen } from './screen'

/** Seconds from scheduling to the first note. */
const LEAD = 0.1
/** Seconds of the fade at the end, and of the one on Ctrl-C. */
const ENDING = 0.25
const CUT = 0.03
/** Often enough that no peak falls between two looks at a meter of 100 ms. */
const LISTEN_MS = 50

export class Performance {
  readonly #engine: Engine
  readonly #piece: Piece
  readonly #tracks: ReadonlyMap<Part, Track>
  readonly #samples: ReadonlyMap<string, Sample>
  #start = 0
  #peak = 0

  /** Makes the sounds at the engine's rate, and a track for each part. */
  static async prepare(engine: Engine, piece: Piece): Promise<Performance> {
    const samples = new Map<string, Sample>()
    for (const [name, make] of piece.sounds) samples.set(name, await engine.load(make(engine.sampleRate)))
    const tracks = PARTS.map((part) => [part, engine.createTrack({ name: part, ...SETTINGS[part] })] as const)
    return new Performance(engine, piece, new Map(tracks), samples)
  }

  private constructor(
    engine: Engine,
    piece: Piece,
    tracks: ReadonlyMap<Part, Track>,
    samples: ReadonlyMap<string, Sample>,
  ) {
    this.#engine = engine
    this.#piece = piece
    this.#tracks = tracks
    this.#samples = samples
  }

  /** The highest sample that a capture heard; 0 is silence. */
  get capturedPeak(): number {
    return this.#peak
  }

  /**
   * Plays from beginning to end; resolves when a capture has heard the end too, rejects as soon as
   * `failed` does.
   */
  async play(
    interrupt: Interrupt,
    capture: Capture | undefined,
    failed: Promise<never>,
  ): Promise<void> {
    const listening = setInterval(() => {
      if (capture) this.#peak = Math.max(this.#peak, loudest(capture.meter().peak))
    }, LISTEN_MS)
    try {
      const voices = this.#engine.batch(() => this.#schedule())
      const ended = Promise.all(voices.map((voice) => voice.ended))
      await interrupt.orEnd(Promise.race([ended, failed]))
      if (interrupt.signal.aborted) {
        this.#engine.master.volume.set(0, { ramp: CUT })
        await sleep(1000 * CUT)
      }
      const underway = this.#engine.outputLatency + (capture?.latency ?? 0) + 2 * LISTEN_MS / 1000
      await interrupt.pause(1000 * underway)
    } finally {
      clearInterval(listening)
    }
  }

  #schedule(): Voice[] {
    const { sampleRate, master } = this.#engine
    this.#start = this.#engine.currentFrame + Math.round(LEAD * sampleRate)
    const at = (seconds: number) => ({ frame: this.#start + Math.round(seconds * sampleRate) })
    const { notes, moves, seconds } = this.#piece
    const voices = notes.map((note) =>
      this.#track(note.part).play(this.#sample(note.sound), { at: at(note.at), gain: note.gain }),
    )
    for (const { part, param, at: time, value, ramp } of moves) {
      this.#track(part)[param].set(value, { at: at(time), ramp })
    }
    master.volume.set(0, { at: at(seconds - ENDING), ramp: ENDING })
    for (const track of this.#tracks.values()) track.stop({ at: at(seconds), fade: 0 })
    return voices
  }

  /** What the terminal shows: a meter for each track, and how it goes. */
  lines(screen: Screen, capture: Capture | undefined): string[] {
    const width = Math.max(10, Math.min(48, screen.width - 36))
    const tracks = [...this.#tracks].map(([part, track]) => {
      const meter = track.meter()
      const level = decibels(loudest(meter.peak)).padStart(9)
      const bars = meterBars(screen, meter, width)
      return `  ${part.padEnd(6)} ${bars} ${level}  ${panDial(track.pan.current)}`
    })
    const { load, xruns } = this.#engine.stats()
    const seconds = Math.max(0, (this.#engine.currentFrame - this.#start) / this.#engine.sampleRate)
    const facts = [
      `${clock(Math.min(seconds, this.#piece.seconds))} / ${clock(this.#piece.seconds)}`,
      `load ${percent(load.p50)}`,
      `xruns ${xruns}`,
    ]
    if (capture) facts.push(`dropped ${capture.stats().dropped}`)
    return [...tracks, `  ${screen.style('dim', facts.join('   '))}`]
  }

  #track(part: Part): Track {
    return found(this.#tracks, part)
  }

  #sample(name: string): Sample {
    return found(this.#samples, name)
  }
}

function found<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key)
  if (value === undefined) throw new Error(`the piece has no ${String(key)}`)
  return value
}
