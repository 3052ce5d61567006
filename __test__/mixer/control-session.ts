// Random sessions for the way of a command: automation, cancels, batches, the transport, voices and
// the graph, all of it for exact times, the same for the same seed. They keep to what the contract
// defines; where something is left open, a comment says what is avoided.
import type { OfflineEngine, Param, RenderOptions, Sample, Voice } from '../../index'
import { noise } from '../support/signal'
import { ControlGraph } from './control-graph'
import { Knob, type Use, between } from './control-knob'
import { type Clock, type Moment, START, Times } from './control-times'
import { Random } from './session'

interface Sound {
  readonly voice: Voice
  readonly sample: Sample
  readonly start: Moment
  readonly knobs: Knob[]
}

const ACTS = 80

/** Length and rate of a session. */
export function controlOptions(seed: number): RenderOptions & { sampleRate: number } {
  const random = new Random(seed + 1_000_000)
  return { duration: random.between(0.4, 0.7), sampleRate: random.pick([8000, 11_025, 16_000]), maxEvents: 4096 }
}

/** Plans a session: to be called as `build` of a rendering with its options. */
export async function control(engine: OfflineEngine, seed: number): Promise<void> {
  // Beats that a seek has passed come late.
  engine.on('warning', () => undefined)
  const random = new Random(seed + 2_000_000)
  const { duration, sampleRate } = controlOptions(seed)
  const frames = Math.round(duration * sampleRate)
  const samples: Sample[] = []
  for (const [share, channels] of [[0.8, 2], [0.3, 1], [0.1, 2]] as const) {
    const length = Math.round(share * frames)
    const channelData = Array.from({ length: channels }, (_, c) => noise(length, seed + c + length))
    samples.push(await engine.load({ channelData, sampleRate }))
  }
  const times = new Times(random, frames, random.between(1.5, 2.5), sampleRate)
  new ControlSession(engine, random, times, samples).plan()
}

class ControlSession {
  readonly #engine: OfflineEngine
  readonly #random: Random
  readonly #times: Times
  readonly #samples: readonly Sample[]
  /**
   * Parameters are automated in beats, and then nothing seeks: what becomes of a ramp to a beat that
   * is sought past is left open. In the others the transport goes wherever it likes.
   */
  readonly #inBeats: boolean
  /** What the graph is changed by. Changes are called in the order of their times. */
  #graphTime: Moment
  #batch: Moment | undefined
  #depth = 0
  readonly #graph: ControlGraph
  #sounds: Sound[] = []

  constructor(engine: OfflineEngine, random: Random, times: Times, samples: readonly Sample[]) {
    this.#engine = engine
    this.#random = random
    this.#times = times
    this.#samples = samples
    this.#graph = new ControlGraph(engine, random, samples, (param, since) => this.#knob(param, since))
    this.#inBeats = random.chance(0.5)
    this.#graphTime = { clock: this.#inBeats && random.chance(0.4) ? 'beat' : 'frame', at: 0 }
  }

  plan(): void {
    const random = this.#random
    // Quiet enough for the safety stage, which makes loud sounds alike.
    this.#engine.master.volume.set(0.15)
    for (let i = 3 + random.below(3); i > 0; i--) this.#graph.addTrack()
    for (let i = 0; i < 5; i++) this.#graph.reshape(undefined)
    for (let i = 0; i < 4; i++) this.#play()
    this.#setUpTransport()
    for (let i = 0; i < ACTS; i++) {
      if (random.chance(0.2)) this.#doTogether()
      else this.#act()
    }
  }

  // Transport

  #setUpTransport(): void {
    const { transport } = this.#engine
    const random = this.#random
    transport.tempo = random.between(110, 240)
    if (random.chance(0.4)) {
      // Beats of ramps lie inside of the loop: one that the transport never comes to has no end.
      transport.loop = { start: random.between(0, 0.5), end: this.#times.beats }
    }
    if (random.chance(0.3) && !this.#inBeats) transport.seek(random.between(0, 0.5))
    if (random.chance(0.7)) transport.start()
    else transport.start(this.#times.when({ clock: 'frame', at: Math.floor(this.#times.frames * random.between(0, 0.3)) }))
  }

  #steerTransport(): void {
    const { transport } = this.#engine
    const random = this.#random
    // With ramps to beats, not while the ramp of a set at a beat may be under way.
    const moment = this.#inBeats ? between(random, this.#times.beats) : this.#times.any(random.pick(['frame', 'beat']))
    switch (random.below(this.#inBeats ? 4 : 6)) {
      case 0: case 1:
        transport.setTempo(random.between(80, 240), { at: this.#times.when(moment) })
        return
      case 2:
        transport.start(this.#times.when(this.#times.any('frame')))
        return
      case 3:
        transport.stop(this.#times.when(moment))
        transport.start(this.#times.when(this.#times.any('frame')))
        return
      case 4:
        this.#at(this.#times.any('frame'), () => { transport.seek(random.between(0, this.#times.beats)) })
        return
      default: {
        const start = random.between(0, 1)
        const loop = random.chance(0.8) ? { start, end: start + random.between(0.05, 1) } : null
        this.#at(this.#times.any('frame'), () => { transport.loop = loop })
      }
    }
  }

  // Batches

  /** Inside of a batch at that time; inside of another one, at its time. */
  #at(moment: Moment | undefined, work: () => void): void {
    if (this.#depth > 0) {
      work()
      return
    }
    this.#batch = moment
    this.#depth = 1
    try {
      this.#engine.batch(work, moment && this.#times.when(moment))
    } finally {
      this.#depth = 0
      this.#batch = undefined
    }
  }

  #doTogether(): void {
    const random = this.#random
    const isTimed = random.chance(0.7)
    const moment = isTimed ? this.#times.any(this.#inBeats && random.chance(0.5) ? 'beat' : 'frame') : undefined
    if (random.chance(0.15)) this.#giveUp(moment)
    else this.#at(moment, () => { this.#several() })
  }

  #several(): void {
    const random = this.#random
    for (let i = 2 + random.below(4); i > 0; i--) {
      if (random.chance(0.1)) this.#engine.batch(() => { this.#act() })
      else this.#act()
    }
  }

  /** A batch that throws: it leaves nothing. */
  #giveUp(moment: Moment | undefined): void {
    const sounds = [...this.#sounds]
    const graphTime = this.#graphTime
    const undo = [this.#graph.save(), ...this.#knobs().map((knob) => knob.save())]
    const isGivenUp = new Error('given up')
    try {
      this.#at(moment, () => {
        this.#several()
        if (this.#random.chance(0.5)) this.#graph.reshape(moment)
        throw isGivenUp
      })
    } catch (error) {
      if (error !== isGivenUp) throw error
    }
    this.#sounds = sounds
    this.#graphTime = graphTime
    for (const one of undo) one()
  }

  // Acts

  #act(): void {
    const random = this.#random
    const dice = random.below(100)
    if (dice < 45) this.#moveKnob()
    else if (dice < 57) this.#play()
    else if (dice < 72) this.#steerVoice()
    else if (dice < 79) this.#reshapeLater()
    else if (dice < 84) this.#bypass()
    else if (dice < 88) this.#gate()
    else if (dice < 89) this.#stopTrack()
    else if (dice < 92) this.#graph.addTrack()
    else if (this.#depth === 0) this.#steerTransport()
    else this.#moveKnob()
  }

  #knobs(): Knob[] {
    return [...this.#graph.knobs, ...this.#sounds.flatMap(({ knobs }) => knobs)]
  }

  #moveKnob(): void {
    const random = this.#random
    const lasting = this.#graph.knobsAround(random.pick(this.#graph.strips))
    // A voice may have ended.
    const knob = random.pick(random.chance(0.8) ? lasting : random.pick(this.#sounds).knobs)
    // Several writes of one parameter: they meet each other.
    for (let i = random.below(4); i >= 0; i--) knob.move(this.#batch)
  }

  #knob(param: Param, since?: Moment): Knob {
    const random = this.#random
    const clock: Clock = this.#inBeats && random.chance(0.6) ? 'beat' : 'frame'
    // Without ramps to beats a parameter that begins at a beat takes values only: it may be sought past.
    const use = since?.clock === 'beat' && !this.#inBeats ? 'plain' : random.pick<Use>(['plain', 'ramps', 'points', 'points'])
    return new Knob(param, random, this.#times, clock, use, since)
  }

  #play(): void {
    const random = this.#random
    const sample = random.pick(this.#samples)
    const strip = random.pick(this.#graph.strips)
    const isNow = random.chance(0.25)
    const moment = isNow ? this.#batch ?? START : this.#times.any(random.chance(0.4) ? 'beat' : 'frame')
    const seconds = sample.duration
    const voice = strip.track.play(sample, {
      ...(!isNow && { at: this.#times.when(moment) }),
      gain: random.between(0.1, 0.5),
      ...(random.chance(0.3) && { rate: random.between(0.4, 2) }),
      ...(random.chance(0.3) && { offset: seconds * random.between(0, 0.5) }),
      ...(random.chance(0.3) && { duration: random.between(0.02, 0.4) }),
      ...(random.chance(0.4) && { loop: { start: seconds * random.between(0, 0.3), end: seconds * random.between(0.55, 1) } }),
      ...(random.chance(0.4) && { fadeIn: random.between(0, 0.05) }),
      ...(random.chance(0.4) && { fadeOut: random.between(0, 0.1) }),
    })
    const knobs = [voice.gain, voice.rate].map((param) => this.#knob(param, moment === START ? undefined : moment))
    this.#sounds.push({ voice, sample, start: moment, knobs })
  }

  #steerVoice(): void {
    const random = this.#random
    const { voice, sample, start } = random.pick(this.#sounds)
    const { clock } = start
    // What a pause means to a voice that waits is left open: it comes after its start.
    const isInBatch = this.#batch?.clock === clock && this.#batch.at > start.at && random.chance(0.5)
    const options = isInBatch ? {} : { at: this.#times.when(this.#times.soonAfter(this.#times.after(start))) }
    switch (random.below(5)) {
      case 0: {
        voice.pause(options)
        if (random.chance(0.5)) voice.resume({ at: this.#times.when(this.#times.after(start)) })
        return
      }
      case 1:
        voice.resume(options)
        return
      case 2:
        voice.seek(sample.duration * random.between(0, 0.9), options)
        return
      default: {
        const any = this.#times.any(random.chance(0.7) ? clock : 'frame')
        voice.stop({ at: this.#times.when(any), ...(random.chance(0.7) && { fade: random.pick([0, 0.002, 0.03, 0.1]) }) })
      }
    }
  }

  #stopTrack(): void {
    const random = this.#random
    const at = { at: this.#times.when(this.#times.after({ clock: 'frame', at: this.#times.frames / 3 })) }
    random.pick(this.#graph.strips).track.stop({ ...(this.#batch === undefined || random.chance(0.5) ? at : {}), fade: random.pick([0, 0.01, 0.05]) })
  }

  /** Mutes or solos a track for a while; inside of a batch, at its time, and from then on. */
  #gate(): void {
    const random = this.#random
    const { track } = random.pick(this.#graph.strips)
    const gate = random.chance(0.6) ? 'muted' : 'soloed'
    const moment = this.#times.any(this.#inBeats && random.chance(0.5) ? 'beat' : 'frame')
    if (this.#depth > 0) track[gate] = random.chance(0.3)
    else {
      this.#at(moment, () => { track[gate] = true })
      this.#at(this.#times.soonAfter(moment), () => { track[gate] = false })
    }
  }

  #bypass(): void {
    const random = this.#random
    const units = this.#graph.strips.flatMap((strip) => strip.units)
    if (units.length === 0) return
    const { effect, since } = random.pick(units)
    const isInBatch = this.#batch !== undefined && (since === undefined || (this.#batch.clock === since.clock && this.#batch.at >= since.at))
    if (isInBatch && random.chance(0.5)) effect.bypass = random.chance(0.5)
    else effect.setBypass(random.chance(0.5), { at: this.#times.when(this.#times.after(since ?? START)) })
  }

  // Changes of the graph are called in the order of their times: what a change means that is called
  // later and comes earlier than one that was planned is left open.
  #reshapeLater(): void {
    const moment = this.#depth > 0 ? this.#batch : this.#times.soonAfter(this.#graphTime)
    if (moment === undefined || moment.clock !== this.#graphTime.clock) return
    if (moment.at < this.#graphTime.at || !this.#times.isWithin(moment)) return
    this.#graphTime = moment
    this.#at(moment, () => {
      for (let i = this.#random.below(3); i >= 0; i--) this.#graph.reshape(moment)
    })
  }
}
