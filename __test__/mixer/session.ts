// Random performances that use everything at once, the same for the same seed: on a live engine or
// an offline one.
import { createHash } from 'node:crypto'
import type { Effect, Engine, OfflineEngine, Param, Sample, Track, Voice, When } from '../../index'
import { noise } from '../support/signal'

export const RATE = 48_000
/** Frames of a performance. */
export const FRAMES = 12_000

type AnyEngine = Engine | OfflineEngine

/** Numbers without a pattern, the same for the same seed (xorshift, 32 bits). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 0x9e37_79b9) | 1) >>> 0
  }

  unit(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x >>> 0
    return this.#state / 2 ** 32
  }

  /** From `min` up to `max`. */
  between(min: number, max: number): number {
    return min + (max - min) * this.unit()
  }

  below(end: number): number {
    return Math.floor(this.unit() * end)
  }

  pick<T>(from: readonly T[]): T {
    const one = from[this.below(from.length)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }

  chance(share: number): boolean {
    return this.unit() < share
  }
}

/** Loads a few sounds and plans a performance of [`FRAMES`] frames. */
export async function perform(engine: AnyEngine, seed: number): Promise<void> {
  const random = new Random(seed)
  const samples: Sample[] = []
  for (const [frames, channels] of [[500, 1], [4000, 2], [9000, 2], [64, 1], [1, 2]] as const) {
    const channelData = Array.from({ length: channels }, (_, c) => noise(frames, seed + c + frames))
    samples.push(await engine.load({ channelData, sampleRate: RATE }))
  }
  new Performance(engine, random, samples).plan()
}

class Performance {
  readonly #engine: AnyEngine
  readonly #random: Random
  readonly #samples: readonly Sample[]
  readonly #tracks: Track[] = []
  readonly #voices: Voice[] = []
  readonly #effects: Effect[] = []
  readonly #params: Param[] = []

  constructor(engine: AnyEngine, random: Random, samples: readonly Sample[]) {
    this.#engine = engine
    this.#random = random
    this.#samples = samples
  }

  plan(): void {
    const { transport } = this.#engine
    const random = this.#random
    for (let i = 0; i < 6; i++) this.#addTrack()
    transport.tempo = random.between(60, 400)
    if (random.chance(0.5)) transport.loop = { start: 0.25, end: random.between(0.5, 1.5) }
    transport.start(random.chance(0.5) ? undefined : this.#frame())
    for (let i = 0; i < 140; i++) {
      if (random.chance(0.15)) {
        this.#engine.batch(() => {
          for (let k = 0; k < 4; k++) this.#act()
        }, this.#when())
      } else this.#act()
    }
  }

  #frame(): { frame: number } {
    return { frame: this.#random.below(FRAMES) }
  }

  #when(): When | undefined {
    const random = this.#random
    if (random.chance(0.15)) return undefined
    if (random.chance(0.2)) return { beat: random.between(0, 2) }
    return random.chance(0.5) ? this.#frame() : random.between(0, FRAMES / RATE)
  }

  #at(): { at?: When } {
    const at = this.#when()
    return at === undefined ? {} : { at }
  }

  #addTrack(): void {
    const random = this.#random
    const output = this.#tracks.length > 0 && random.chance(0.4) ? random.pick(this.#tracks) : undefined
    const track = this.#engine.createTrack({
      volume: random.between(0, 1.2),
      pan: random.between(-1, 1),
      ...(output && { output }),
    })
    this.#params.push(track.volume, track.pan)
    this.#tracks.push(track)
  }

  #addEffect(track: Track): void {
    const random = this.#random
    const options = {
      index: random.below(track.fx.length + 1),
      bypass: random.chance(0.2),
    }
    if (random.chance(0.3)) {
      this.#remember(track.fx.add('gain', { gainDb: random.between(-12, 6) }, options))
      return
    }
    const type = random.pick(['lowpass', 'highpass', 'bandpass', 'notch', 'allpass', 'peaking', 'lowshelf', 'highshelf'] as const)
    const params = {
      type,
      frequency: random.between(40, 12_000),
      q: random.between(0.3, 6),
      gainDb: random.between(-12, 12),
    }
    this.#remember(track.fx.add('filter', params, options))
  }

  #remember(effect: Effect): void {
    this.#effects.push(effect)
    this.#params.push(...Object.values(effect.params))
  }

  #play(): void {
    const random = this.#random
    const sample = random.pick(this.#samples)
    const seconds = sample.duration
    const looped = random.chance(0.3) && sample.frames > 100
    const loop = { start: seconds * random.between(0, 0.4), end: seconds * random.between(0.6, 1) }
    const voice = random.pick(this.#tracks).play(sample, {
      ...this.#at(),
      gain: random.between(0, 0.6),
      ...(random.chance(0.4) && { rate: random.between(0.3, 3) }),
      ...(random.chance(0.4) && { offset: seconds * random.between(0, 0.5) }),
      ...(random.chance(0.3) && { duration: random.between(0.001, 0.15) }),
      ...(looped && { loop }),
      ...(random.chance(0.4) && { fadeIn: random.between(0, 0.02) }),
      ...(random.chance(0.4) && { fadeOut: random.between(0, 0.05) }),
    })
    this.#voices.push(voice)
    this.#params.push(voice.gain, voice.rate)
  }

  #move(): void {
    const random = this.#random
    const param = random.pick(this.#params)
    const value = (): number => random.between(param.min, Math.min(param.max, param.min + 2 * Math.abs(param.default - param.min) + 0.1))
    if (random.chance(0.2)) {
      const frame = random.below(FRAMES)
      const points = [0, 1, 2].map((n) => ({
        at: { frame: frame + n * random.below(900) + n },
        value: value(),
        curve: random.pick(['linear', 'step'] as const),
      }))
      points.sort((a, b) => a.at.frame - b.at.frame)
      param.automate(points)
    } else if (random.chance(0.1)) param.cancel(this.#when())
    else param.set(value(), { ...this.#at(), ramp: random.pick([0, 0.001, 0.005, 0.03]), curve: 'linear' })
  }

  #act(): void {
    const random = this.#random
    const track = random.pick(this.#tracks)
    switch (random.below(20)) {
      case 0: case 1: case 2: case 3: case 4:
        this.#play()
        return
      case 5: case 6: case 7: case 8:
        this.#move()
        return
      case 9:
        if (track.fx.length < 5) this.#addEffect(track)
        return
      case 10:
        if (this.#effects.length > 0) {
          random.pick(this.#effects).setBypass(random.chance(0.5), this.#at())
        }
        return
      case 11:
        this.#reroute(track)
        return
      case 12:
        track.muted = random.chance(0.5)
        return
      case 13:
        if (random.chance(0.3)) track.soloed = random.chance(0.4)
        return
      case 14:
        this.#engine.transport.setTempo(random.between(60, 500), this.#at())
        return
      case 15:
        if (random.chance(0.3)) this.#engine.transport.seek(random.between(0, 2))
        return
      default:
        if (this.#voices.length > 0) this.#steer(random.pick(this.#voices))
    }
  }

  #steer(voice: Voice): void {
    const random = this.#random
    switch (random.below(4)) {
      case 0:
        voice.pause(this.#at())
        return
      case 1:
        voice.resume(this.#at())
        return
      case 2:
        voice.seek(0, this.#at())
        return
      default:
        voice.stop({ ...this.#at(), fade: random.pick([0, 0.001, 0.01]) })
    }
  }

  /** Feeds another track if that closes no circle. */
  #reroute(track: Track): void {
    const random = this.#random
    const to = random.chance(0.3) ? this.#engine.master : random.pick(this.#tracks)
    try {
      if (random.chance(0.5)) track.output = to
      else this.#params.push(track.send(to, random.between(0, 1)).gain)
    } catch (error) {
      const { code } = error as { code?: string }
      if (code !== 'ERR_INVALID_ARG' && code !== 'ERR_LIMIT') throw error
    }
  }
}

/** What a performance came to: a digest of every bit of it. */
export function digest(channelData: readonly Float32Array[]): string {
  const hash = createHash('sha256')
  for (const lane of channelData) hash.update(Buffer.from(lane.buffer, lane.byteOffset, lane.byteLength))
  return hash.digest('hex').slice(0, 16)
}
