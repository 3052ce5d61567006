// The transport as its rules say it, counted through by itself: what the tests compare the engine with.

interface Loop { start: number; end: number }

/** Something that waits for a beat. */
interface Waiting {
  readonly id: number
  readonly beat: number
  /** The transport comes to it before it goes anywhere else. */
  isAhead: boolean
}

export type Fate = number | 'waits' | `dropped on ${number}`

export class TransportModel {
  /** What has become of each thing that waited: the frame on which it took effect, or else. */
  readonly fates = new Map<number, Fate>()
  late = 0
  #tempo = 120
  #isPlaying = false
  /** A frame, not rounded, and the beat that stands there. */
  #anchor = { frame: 0, beat: 0 }
  #loop: Loop | null = null
  /** Whether it will run into the loop's end. */
  #isInside = false
  #waiting: Waiting[] = []
  readonly #rate: number

  constructor(rate: number) {
    this.#rate = rate
  }

  beatAt(frame: number): number {
    return this.#isPlaying ? this.#anchor.beat + (frame - this.#anchor.frame) / this.#beat : this.#anchor.beat
  }

  /** How long the loop is that it is in; 0: in none. */
  get loopLength(): number {
    return this.#loop && this.#isInside ? this.#loop.end - this.#loop.start : 0
  }

  start(frame: number): void {
    if (this.#isPlaying) return
    this.#anchor.frame = frame
    this.#isPlaying = true
    this.#look(frame)
  }

  stop(frame: number): void {
    this.#moveAnchor(frame)
    this.#isPlaying = false
  }

  setTempo(tempo: number, frame: number): void {
    this.#moveAnchor(frame)
    this.#tempo = tempo
  }

  setLoop(loop: Loop | null, frame: number): void {
    this.#loop = loop
    this.#look(frame)
  }

  seek(beat: number, frame: number): void {
    const isSkipped = (one: Waiting): boolean => one.isAhead && one.beat < beat
    for (const one of this.#waiting.filter(isSkipped)) this.fates.set(one.id, `dropped on ${frame}`)
    this.#waiting = this.#waiting.filter((one) => !isSkipped(one))
    this.#anchor = { frame, beat }
    this.#arrive(beat)
    this.#look(frame)
  }

  /** Something is to happen at a beat; called on `frame`. */
  wait(id: number, beat: number, frame: number): void {
    this.fates.set(id, 'waits')
    const isPassed = this.#isPlaying ? this.#frameOf(beat) < frame : beat < this.#anchor.beat
    const loop = this.#isInside ? this.#loop : null
    const comesAgain = loop !== null && beat >= loop.start && beat < loop.end
    if (this.#isPlaying && isPassed && !comesAgain) {
      this.late += 1
      this.fates.set(id, frame)
    } else this.#waiting.push({ id, beat, isAhead: !isPassed })
  }

  /** Lets everything happen that comes up to `frame`, none of it before `from`. */
  advance(from: number, frame: number): void {
    if (!this.#isPlaying) return
    for (;;) {
      const loop = this.#isInside ? this.#loop : null
      const next = this.#next(loop)
      if (next && this.#frameOf(next.beat) <= frame) {
        this.fates.set(next.id, Math.max(this.#frameOf(next.beat), from))
        this.#waiting = this.#waiting.filter((one) => one !== next)
      } else if (loop && this.#frameOf(loop.end) <= frame) {
        const length = (loop.end - this.#anchor.beat) * this.#beat
        this.#anchor = { frame: this.#anchor.frame + length, beat: loop.start }
        this.#arrive(loop.start)
      } else return
    }
  }

  /** Frames a beat. */
  get #beat(): number {
    return (60 * this.#rate) / this.#tempo
  }

  #frameOf(beat: number): number {
    return Math.round(this.#anchor.frame + (beat - this.#anchor.beat) * this.#beat)
  }

  /** The first thing that it comes to, in its loop if there is one. */
  #next(loop: Loop | null): Waiting | undefined {
    const ahead = this.#waiting.filter((one) => one.isAhead && (loop === null || one.beat < loop.end))
    return ahead.reduce<Waiting | undefined>((first, one) => (first && first.beat <= one.beat ? first : one), undefined)
  }

  #arrive(beat: number): void {
    for (const one of this.#waiting) one.isAhead = one.beat >= beat
  }

  #moveAnchor(frame: number): void {
    this.#anchor = { frame, beat: this.beatAt(frame) }
  }

  #look(frame: number): void {
    this.#isInside = this.#loop !== null && this.beatAt(frame) < this.#loop.end
  }
}
