/** What engines emit. */
import type { DeviceInfo } from './devices'
import type { NoxrunError } from './errors'
import type { Voice } from './voice'
import type { NoxrunWarning } from './warnings'

/**
 * The events of an engine: what its listeners are called with.
 *
 * They never fire inside the call that caused them. Of 'xrun' and of repeated warnings some may be
 * dropped when JavaScript lags; the others are held until it takes them.
 */
export interface EngineEvents {
  /** Trouble that did not stop anything; without a listener it goes to `process.emitWarning`. */
  warning: [NoxrunWarning]
  /** The device ran out of sound, or was late. */
  xrun: [{
    /** Engine frame at which it was noticed. */
    frame: number
    /** How many since the event before. */
    count: number
  }]
  /** The device is gone, back, or another one; supervision handles it. */
  device: [{
    /** What happened. */
    state: 'lost' | 'restored' | 'changed'
    /** The device that it happened to; for 'changed' the new one. */
    device: DeviceInfo
  }]
  /** A voice has fallen silent; `voice.ended` tells why. */
  ended: [Voice]
  /** `Transport.marker` was reached, at exactly this frame. */
  marker: [{
    /** As it was given. */
    name: string
    /** Engine frame. */
    frame: number
  }]
  /** A terminal failure, once; 'close' follows. */
  error: [NoxrunError]
  /** The engine is closed. The last event. */
  close: []
}
