// The tracks, chains and connections of a random control session, and their changes.
import type { Effect, OfflineEngine, Param, Sample, Send, Track } from '../../index'
import type { Knob } from './control-knob'
import type { Moment } from './control-times'
import type { Random } from './session'

interface Strip {
  readonly track: Track
  readonly knobs: Knob[]
  units: { readonly effect: Effect; readonly since: Moment | undefined; readonly knobs: Knob[] }[]
}

interface Wire {
  readonly send: Send
  readonly from: Track
  readonly to: Track
  readonly knob: Knob
}

/** Makes a knob of a parameter whose object begins at `since`. */
type MakeKnob = (param: Param, since?: Moment) => Knob

export class ControlGraph {
  readonly #engine: OfflineEngine
  readonly #random: Random
  readonly #samples: readonly Sample[]
  readonly #knob: MakeKnob
  #strips: readonly Strip[] = []
  #wires: readonly Wire[] = []

  constructor(engine: OfflineEngine, random: Random, samples: readonly Sample[], knob: MakeKnob) {
    this.#engine = engine
    this.#random = random
    this.#samples = samples
    this.#knob = knob
  }

  get strips(): readonly Strip[] {
    return this.#strips
  }

  /** Every knob of it, also of the effects and connections. */
  get knobs(): Knob[] {
    const ofStrips = this.#strips.flatMap(({ knobs, units }) => [...knobs, ...units.flatMap((unit) => unit.knobs)])
    return [...ofStrips, ...this.#wires.map(({ knob }) => knob)]
  }

  /** The knobs of one track and of all connections. */
  knobsAround({ knobs, units }: Strip): Knob[] {
    return [...knobs, ...units.flatMap((unit) => unit.knobs), ...this.#wires.map(({ knob }) => knob)]
  }

  /** Puts everything back to as it is now: for a batch that comes to nothing. */
  save(): () => void {
    const strips = this.#strips.map((strip) => ({ ...strip, units: [...strip.units] }))
    const wires = this.#wires
    return () => {
      this.#strips = strips
      this.#wires = wires
    }
  }

  addTrack(): void {
    const random = this.#random
    if (this.#strips.length >= 8) return
    const output = this.#strips.length > 1 && random.chance(0.4) ? random.pick(this.#strips).track : undefined
    const track = this.#engine.createTrack({
      volume: random.between(0.3, 1),
      pan: random.between(-0.8, 0.8),
      ...(output && { output }),
    })
    // A sound that shows what is done to the track.
    track.play(random.pick(this.#samples), { loop: true, gain: random.between(0.1, 0.4), rate: random.between(0.6, 1.4) })
    this.#strips = [...this.#strips, { track, knobs: [this.#knob(track.volume), this.#knob(track.pan)], units: [] }]
  }

  /** Changes something; `moment`: the time of the batch. */
  reshape(moment: Moment | undefined): void {
    const random = this.#random
    const strip = random.pick(this.#strips)
    const dice = random.below(12)
    if (dice < 4) this.#changeChain(strip, moment)
    else if (dice < 7) this.#connect(strip, moment)
    else if (dice < 9) this.#route(strip)
    else if (dice < 10 && this.#wires.length > 0) {
      const wire = random.pick(this.#wires)
      wire.send.remove()
      this.#wires = this.#wires.filter((other) => other !== wire)
    } else if (moment !== undefined && this.#strips.length > 3 && random.chance(0.5)) this.#removeTrack(strip)
    else this.#changeChain(strip, moment)
  }

  #changeChain(strip: Strip, since: Moment | undefined): void {
    const random = this.#random
    const { fx } = strip.track
    const unit = strip.units.length > 0 ? random.pick(strip.units) : undefined
    if (unit !== undefined && fx.length > 1 && random.chance(0.3)) {
      const others = [...fx].flatMap((effect, index) => effect === unit.effect ? [] : [index])
      fx.move(unit.effect, random.pick(others))
    } else if (unit !== undefined && random.chance(0.2)) {
      unit.effect.remove()
      strip.units = strip.units.filter((other) => other !== unit)
    } else if (random.chance(0.04)) {
      fx.clear()
      strip.units = []
    } else if (fx.length < 4) {
      const options = { index: random.below(fx.length + 1), bypass: random.chance(0.1) }
      const type = random.pick(['lowpass', 'highpass', 'peaking', 'lowshelf'] as const)
      const effect = random.chance(0.4)
        ? fx.add('gain', { gainDb: random.between(-9, 4) }, options)
        : fx.add('filter', {
          type,
          frequency: random.between(100, 2500),
          q: random.between(0.4, 3),
          gainDb: random.between(-9, 5),
        }, options)
      // The gain of a pass filter does nothing.
      const heard = Object.values<Param>(effect.params).filter(({ name }) => {
        return effect.kind === 'gain' || name !== 'gainDb' || type === 'peaking' || type === 'lowshelf'
      })
      const knobs = heard.map((param) => this.#knob(param, since))
      strip.units.push({ effect, since, knobs })
    }
  }

  #connect(strip: Strip, since: Moment | undefined): void {
    const random = this.#random
    const to = random.chance(0.3) ? this.#engine.master : random.pick(this.#strips).track
    this.#unlessCircle(() => {
      const send = strip.track.send(to, random.between(0.1, 0.7))
      this.#wires = [...this.#wires, { send, from: strip.track, to, knob: this.#knob(send.gain, since) }]
    })
  }

  #route(strip: Strip): void {
    const to = this.#random.chance(0.4) ? this.#engine.master : this.#random.pick(this.#strips).track
    this.#unlessCircle(() => { strip.track.output = to })
  }

  #unlessCircle(change: () => void): void {
    try {
      change()
    } catch (error) {
      const { code } = error as { code?: string }
      if (code !== 'ERR_INVALID_ARG' && code !== 'ERR_LIMIT') throw error
    }
  }

  #removeTrack(strip: Strip): void {
    const { track } = strip
    track.remove()
    this.#strips = this.#strips.filter((other) => other !== strip)
    this.#wires = this.#wires.filter(({ from, to }) => from !== track && to !== track)
  }
}
