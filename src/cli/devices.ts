/** `noxrun devices`: what there is to play on and to record from. */
import type { DeviceInfo } from '../devices'
import { command } from './command'
import { library } from './library'
import { columns } from './table'

export const devices = command({
  name: 'devices',
  summary: 'List what can be played on and recorded from',
  usage: 'noxrun devices [--json]',
  about: `Lists every device that can be opened now. Pass an ID, or a backend's name for its default
device, to --device. The virtual device is always there: it has a clock and a loopback but no sound.`,
  operands: [],
  options: { json: { help: 'One line of JSON: an array of devices' } },
  async run({ values, screen }) {
    const { listDevices } = await library()
    const found = await listDevices()
    if (values.json) screen.print(JSON.stringify(found))
    else for (const line of table(found)) screen.print(line)
    return 0
  },
})

function table(found: readonly DeviceInfo[]): string[] {
  const head = ['ID', 'NAME', 'BACKEND', 'IN', 'OUT', 'RATES (kHz)', 'BUFFER', 'DEFAULT FOR']
  const rows = found.map((device) => [
    device.id,
    device.name,
    device.backend,
    String(device.inputChannels),
    String(device.outputChannels),
    rates(device.sampleRates),
    device.bufferSize ? range(device.bufferSize.min, device.bufferSize.max) : '-',
    defaultFor(device),
  ])
  return columns([head, ...rows], ['left', 'left', 'left', 'right', 'right'])
}

const range = (min: number, max: number): string => (min === max ? `${min}` : `${min}-${max}`)

/** A few rates one by one, many as a range. */
function rates(all: readonly number[]): string {
  const inKilohertz = all.map((rate) => String(rate / 1000))
  if (inKilohertz.length === 0) return '-'
  if (inKilohertz.length <= 4) return inKilohertz.join(' ')
  return `${inKilohertz[0] ?? ''}-${inKilohertz.at(-1) ?? ''} (${inKilohertz.length} rates)`
}

function defaultFor({ isDefaultInput, isDefaultOutput }: DeviceInfo): string {
  if (isDefaultInput && isDefaultOutput) return 'in, out'
  if (isDefaultInput) return 'in'
  return isDefaultOutput ? 'out' : ''
}
