/** The voices of an engine that have not ended. */
import type { Host } from './host'
import type { Start } from './play-options'
import { EngineVoice, type VoiceEnd } from './voice'

export class Voices {
  readonly #voices = new Map<number, EngineVoice>()
  #next = 1

  create(host: Host, start: Start): EngineVoice {
    const voice = new EngineVoice(host, this.#next++, start)
    this.#voices.set(voice.id, voice)
    return voice
  }

  onStarted(id: number, frame: number): void {
    this.#voices.get(id)?.onStarted(frame)
  }

  /** The voice that has ended; undefined when it is not known any more. */
  onEnded(id: number, end: VoiceEnd): EngineVoice | undefined {
    const voice = this.#voices.get(id)
    this.#voices.delete(id)
    voice?.onEnded(end)
    return voice
  }
}
