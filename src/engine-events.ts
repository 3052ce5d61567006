/** What engines emit. */
import type { DeviceInfo } from './devices'
import type { NoxrunError } from './errors'
import type { Voice } from './voice'
import type { NoxrunWarning } from './warnings'

export interface EngineEvents {
  warning: [NoxrunWarning]
  xrun: [{ frame: number; count: number }]
  device: [{ state: 'lost' | 'restored' | 'changed'; device: DeviceInfo }]
  ended: [Voice]
  /** `Transport.marker` was reached, at exactly this frame. */
  marker: [{ name: string; frame: number }]
  error: [NoxrunError]
  close: []
}
