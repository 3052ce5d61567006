/** Devices: their description and their list. */
import * as binding from '#binding'
import { nativeAsync } from './errors'

export type Backend =
  | 'alsa'
  | 'jack'
  | 'pulseaudio'
  | 'pipewire'
  | 'coreaudio'
  | 'wasapi'
  | 'asio'
  | 'aaudio'
  | 'virtual'

export interface DeviceInfo {
  /** Stable; pass it to `open()`. */
  id: string
  name: string
  backend: Backend
  inputChannels: number
  outputChannels: number
  /** Common rates that it accepts, Hz. */
  sampleRates: number[]
  /** Frames a callback; null: the backend does not say. */
  bufferSize: { min: number; max: number } | null
  isDefaultInput: boolean
  isDefaultOutput: boolean
}

export function toDeviceInfo(native: binding.NativeDeviceInfo): DeviceInfo {
  const { bufferMin: min, bufferMax: max } = native
  return {
    id: native.id,
    name: native.name,
    backend: native.backend as Backend,
    inputChannels: native.inputChannels,
    outputChannels: native.outputChannels,
    sampleRates: native.sampleRates,
    bufferSize: min === undefined || max === undefined ? null : { min, max },
    isDefaultInput: native.isDefaultInput,
    isDefaultOutput: native.isDefaultOutput,
  }
}

/**
 * Every device that can be opened, always at least the virtual one. A backend that cannot be
 * reached is left out, never thrown.
 */
export async function listDevices(): Promise<DeviceInfo[]> {
  const devices = await nativeAsync(binding.listDevices())
  return devices.map(toDeviceInfo)
}
