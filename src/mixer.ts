/** The tracks of an engine: their making, their names, who feeds whom, and their end. */
import { Op } from './commands'
import { NoxrunError } from './errors'
import { type Host, guard } from './host'
import { ParamKind, initialValue } from './param'
import type { Start } from './play-options'
import { type Send, TrackNode, TrackSend } from './routing'
import { Track, type TrackOptions } from './track'
import { invalid, optional, options, string } from './validate'
import type { EngineVoice } from './voice'
import { NOW } from './when'

const MASTER = 0
const MAX_SENDS = 8
/** How many removed tracks are known by their names: a warning may come late. */
const REMEMBERED = 64

export class Mixer {
  readonly master: Track
  readonly #host: Host
  readonly #maxTracks: number
  readonly #nodes = new WeakMap<Track, TrackNode>()
  /** Without the master, in the order of their making. */
  readonly #live: TrackNode[] = []
  readonly #root = new TrackNode(MASTER, undefined)
  readonly #removed = new Map<number, Track>()
  #next = MASTER + 1

  constructor(host: Host, maxTracks: number) {
    this.#host = host
    this.#maxTracks = maxTracks
    this.master = this.#enter(this.#root, 'master', 1, 0)
  }

  /** Every track but the master, in the order of their making. */
  get tracks(): readonly Track[] {
    return this.#live.map((node) => node.track)
  }

  nameOf(id: number): string {
    if (id === MASTER) return this.master.name
    const track = this.#live.find((node) => node.id === id)?.track ?? this.#removed.get(id)
    return track?.name ?? String(id)
  }

  /** @throws NoxrunError ERR_LIMIT, ERR_INVALID_ARG, ERR_OUT_OF_RANGE, ERR_INVALID_STATE, ERR_CLOSED */
  create(trackOptions: TrackOptions | undefined): Track {
    const { commands } = this.#host
    this.#host.ensureOpen()
    const given = options('createTrack', trackOptions, ['name', 'volume', 'pan', 'output'])
    const id = this.#next
    const name = optional(given.name, (value) => string('name', value)) ?? `Track ${id}`
    const volume = initialValue(ParamKind.TrackVolume, given.volume)
    const pan = initialValue(ParamKind.TrackPan, given.pan)
    const output = optional(given.output, (value) => this.#nodeOf('output', value)) ?? this.#root
    if (this.#live.length >= this.#maxTracks) {
      const message = `the engine has room for ${this.#maxTracks} tracks (maxTracks)`
      throw new NoxrunError('ERR_LIMIT', message)
    }
    commands.send(Op.AddTrack, id, NOW, volume, pan, output.id)
    this.#next += 1
    const node = new TrackNode(id, output)
    const track = this.#enter(node, name, volume, pan)
    this.#live.push(node)
    commands.onAbort(() => {
      node.gone = 'was undone with its batch'
      this.#live.splice(this.#live.indexOf(node), 1)
    })
    return track
  }

  /** A voice, which is not its track's: it takes commands until it ends, wherever that is by then. */
  newVoice(start: Start): EngineVoice {
    return this.#host.voices.create(this.#host, start)
  }

  /** Lets a track feed another. Its own host has been asked. */
  route(node: TrackNode, to: Track): void {
    const output = this.#target('output', node, to)
    const before = node.output
    if (output === before) return
    this.#host.commands.send(Op.Route, node.id, NOW, output.id)
    node.output = output
    this.#host.commands.onAbort(() => (node.output = before))
  }

  /** @param host The track's own, which has been asked. */
  send(host: Host, node: TrackNode, to: Track, gain: number | undefined): Send {
    const target = this.#target('to', node, to)
    const value = initialValue(ParamKind.SendGain, gain)
    if (node.sends.size >= MAX_SENDS) {
      throw new NoxrunError('ERR_LIMIT', `track '${node.track.name}' has ${MAX_SENDS} sends, and room for no more`)
    }
    const id = host.newId()
    host.commands.send(Op.AddSend, id, NOW, node.id, target.id, value)
    const send = new TrackSend(host, node, id, value)
    node.sends.set(send, target)
    host.commands.onAbort(() => node.sends.delete(send))
    return send
  }

  /** Takes a track out; what fed it feeds what it fed. Its own host has been asked. */
  remove(node: TrackNode): void {
    const { commands } = this.#host
    commands.send(Op.RemoveTrack, node.id, NOW)
    const place = this.#live.indexOf(node)
    this.#live.splice(place, 1)
    node.gone = 'was removed'
    commands.onAbort(() => {
      node.gone = undefined
      this.#live.splice(place, 0, node)
    })
    for (const other of [this.#root, ...this.#live]) this.#forget(other, node)
    for (const send of [...node.sends.keys()]) this.#drop(node, send, node)
    this.#remember(node)
  }

  /** `other` feeds what a removed track fed, and sends nothing to it. */
  #forget(other: TrackNode, removed: TrackNode): void {
    if (other.output === removed) {
      other.output = removed.output
      this.#host.commands.onAbort(() => (other.output = removed))
    }
    for (const [send, to] of [...other.sends]) if (to === removed) this.#drop(other, send, to)
  }

  #drop(from: TrackNode, send: Send, to: TrackNode): void {
    from.sends.delete(send)
    this.#host.commands.onAbort(() => from.sends.set(send, to))
  }

  #remember(node: TrackNode): void {
    this.#removed.set(node.id, node.track)
    const [oldest] = this.#removed.keys()
    if (this.#removed.size > REMEMBERED && oldest !== undefined) this.#removed.delete(oldest)
  }

  #enter(node: TrackNode, name: string, volume: number, pan: number): Track {
    const check = (): void => {
      if (node.gone === undefined) return
      throw new NoxrunError('ERR_INVALID_STATE', `track '${node.track.name}' ${node.gone}`)
    }
    node.track = new Track(guard(this.#host, check), this, node, name, volume, pan)
    this.#nodes.set(node.track, node)
    return node.track
  }

  /** The track that `from` is to feed. */
  #target(name: string, from: TrackNode, track: Track): TrackNode {
    const target = this.#nodeOf(name, track)
    if (!target.feeds(from)) return target
    const who = `'${from.track.name}'`
    const message = `${name} must be a track that does not feed ${who} itself, got '${target.track.name}'`
    throw new NoxrunError('ERR_INVALID_ARG', message)
  }

  #nodeOf(name: string, track: unknown): TrackNode {
    if (!(track instanceof Track)) throw invalid(name, track, 'a Track')
    const node = this.#nodes.get(track)
    if (node === undefined) throw invalid(name, `a track of another engine`, 'a track of this engine')
    if (node.gone === undefined) return node
    throw new NoxrunError('ERR_INVALID_STATE', `${name} must be a track that is there: '${track.name}' ${node.gone}`)
  }
}
