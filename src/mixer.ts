/** The tracks of an engine by their ids: the engine knows who feeds whom, this knows the objects. */
import * as binding from '#binding'
import { NoxrunError, native } from './errors'
import type { Host } from './host'
import { ParamKind, type Ref, initialValue } from './param'
import type { Start } from './play-options'
import { type Send, TrackSend } from './routing'
import { Track, type TrackOptions } from './track'
import { invalid, optional, options, string } from './validate'
import type { EngineVoice } from './voice'

const MASTER = 0
/** How many removed tracks are known by their names: a warning may come late. */
const REMEMBERED = 64

export class Mixer {
  readonly master: Track
  readonly #host: Host
  readonly #refs = new WeakMap<Track, Ref>()
  readonly #tracks = new Map<number, Track>()
  readonly #removed = new Map<number, Track>()
  #next = MASTER + 1

  constructor(host: Host) {
    this.#host = host
    this.master = this.#enter({ id: MASTER, key: MASTER }, 'master', 1, 0)
  }

  /** Every track but the master, in the order of their making. */
  get tracks(): readonly Track[] {
    const ids = native(() => binding.trackIds(this.#host.handle))
    return ids.flatMap((id) => this.#tracks.get(id) ?? [])
  }

  nameOf(id: number): string {
    const track = this.#tracks.get(id) ?? this.#removed.get(id)
    return track?.name ?? String(id)
  }

  /** @throws NoxrunError ERR_LIMIT, ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE, ERR_CLOSED */
  create(trackOptions: TrackOptions | undefined): Track {
    const { commands, ensureOpen } = this.#host
    ensureOpen()
    const given = options('createTrack', trackOptions, ['name', 'volume', 'pan', 'output'])
    const id = this.#next
    const name = optional(given.name, (value) => string('name', value)) ?? `Track ${id}`
    const volume = initialValue(ParamKind.TrackVolume, given.volume)
    const pan = initialValue(ParamKind.TrackPan, given.pan)
    const output = optional(given.output, (value) => this.#refOf('output', value).id) ?? MASTER
    const key = commands.addTrack(id, output, volume, pan)
    this.#next += 1
    commands.onAbort(() => { this.#forget(id) })
    return this.#enter({ id, key }, name, volume, pan)
  }

  /** A voice, which is not its track's: it takes commands until it ends, wherever that is by then. */
  newVoice(start: Start): EngineVoice {
    return this.#host.voices.create(this.#host, start)
  }

  /** Whether a track is there. */
  has({ id }: Ref): boolean {
    return native(() => binding.trackOutput(this.#host.handle, id)) !== null
  }

  /** @throws NoxrunError ERR_INVALID_STATE when the track was removed; ERR_CLOSED */
  ensureThere(ref: Ref): void {
    this.#host.ensureOpen()
    if (this.has(ref)) return
    throw new NoxrunError('ERR_INVALID_STATE', `track '${this.nameOf(ref.id)}' was removed`)
  }

  /** The track that a track feeds; that of the master is itself. */
  outputOf({ id }: Ref): Track {
    const output = native(() => binding.trackOutput(this.#host.handle, id))
    return this.#tracks.get(output ?? MASTER) ?? this.master
  }

  route(from: Ref, to: Track): void {
    const output = this.#refOf('output', to)
    if (this.outputOf(from) === to) return
    this.#host.commands.route(from.id, output.id)
  }

  send(from: Ref, to: Track, gain: number | undefined): Send {
    const target = this.#refOf('to', to)
    const value = initialValue(ParamKind.SendGain, gain)
    const id = this.#host.newId()
    const key = this.#host.commands.addSend(id, from.id, target.id, value)
    return new TrackSend(this.#host, id, key, value)
  }

  /** Takes a track out; what fed it feeds what it fed. */
  remove({ id }: Ref): void {
    const { commands } = this.#host
    commands.removeTrack(id)
    commands.afterwards(() => { this.#forget(id) }, () => {})
  }

  #forget(id: number): void {
    const track = this.#tracks.get(id)
    if (track === undefined) return
    this.#tracks.delete(id)
    this.#removed.set(id, track)
    const [oldest] = this.#removed.keys()
    if (this.#removed.size > REMEMBERED && oldest !== undefined) this.#removed.delete(oldest)
  }

  #enter(ref: Ref, name: string, volume: number, pan: number): Track {
    const track = new Track(this.#host, this, ref, name, volume, pan)
    this.#refs.set(track, ref)
    this.#tracks.set(ref.id, track)
    return track
  }

  #refOf(name: string, track: unknown): Ref {
    if (!(track instanceof Track)) throw invalid(name, track, 'a Track')
    const ref = this.#refs.get(track)
    if (ref === undefined) throw invalid(name, `a track of another engine`, 'a track of this engine')
    return ref
  }
}
