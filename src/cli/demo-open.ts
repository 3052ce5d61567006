/** The demo's devices: the default one or a stand-in to play on, and whatever can listen to it. */
import type { Capture } from '../capture'
import type { Engine, EngineOptions } from '../engine'
import { NoxrunError } from '../errors'
import type { Library } from './library'

const VIRTUAL = 'virtual'

export interface Stage {
  engine: Engine
  /** Why the virtual device stands in for a real one; undefined when it does not. */
  standIn?: string
}

/** Opens the device that was asked for; when none was and there is none, the virtual one. */
export async function openStage(
  { Engine }: Library,
  device: string | undefined,
  options: EngineOptions,
): Promise<Stage> {
  if (device !== undefined) return { engine: await Engine.open({ ...options, device }) }
  try {
    return { engine: await Engine.open(options) }
  } catch (error) {
    if (!(error instanceof NoxrunError) || error.code !== 'ERR_NO_DEVICE') throw error
    const engine = await Engine.open({ ...options, device: VIRTUAL })
    return { engine, standIn: error.message }
  }
}

export interface Listener {
  capture?: Capture
  /** The virtual device's output, or what comes in at a real device. */
  source: 'loopback' | 'input'
  /** Why nothing is captured. */
  reason?: string
}

/**
 * Opens a capture of what is played: the loopback of the virtual device; for a real one the same
 * device's input if it has one, else the default input. A real input that cannot be opened is no
 * failure: the piece is played all the same.
 */
export async function openListener(
  { Capture }: Library,
  { device }: Engine,
  wasChosen: boolean,
  options: { signal: AbortSignal; audit?: boolean },
): Promise<Listener> {
  const settings = { ...options, channels: 2 }
  if (device.backend === VIRTUAL) {
    return { capture: await Capture.open({ ...settings, device: device.id }), source: 'loopback' }
  }
  const own = wasChosen && device.inputChannels > 0 ? { device: device.id } : {}
  try {
    return { capture: await Capture.open({ ...settings, ...own }), source: 'input' }
  } catch (error) {
    if (!(error instanceof NoxrunError)) throw error
    return { source: 'input', reason: `${error.message} (${error.code})` }
  }
}
