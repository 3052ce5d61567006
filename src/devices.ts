/** Devices: their description and their list. */
import * as binding from '#binding'
import { nativeAsync } from './errors'
import { offer } from './offer'

/** What a device is reached through: the system's own interface or a sound server. */
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

/** A device as `listDevices` finds it. `open()` takes its `id`. */
export interface DeviceInfo {
  /** Stable; pass it to `open()`. */
  id: string
  /** For people; it may change, `id` does not. */
  name: string
  /** What it is reached through; `open()` takes that name too, for its default device. */
  backend: Backend
  /** Channels that can be captured; 0: it only plays. */
  inputChannels: number
  /** Channels that can be played; 0: it only captures. */
  outputChannels: number
  /** Common rates that it accepts, Hz. */
  sampleRates: number[]
  /** Frames a callback; null: the backend does not say. */
  bufferSize: {
    /** Frames, the least. */
    min: number
    /** Frames, the most. */
    max: number
  } | null
  /** Whether `Capture.open()` takes it unless told otherwise. */
  isDefaultInput: boolean
  /** Whether `Engine.open()` takes it unless told otherwise. */
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
export function listDevices(): Promise<DeviceInfo[]> {
  return offer(async () => {
    const devices = await nativeAsync(binding.listDevices())
    return devices.map(toDeviceInfo)
  })
}
