/** The doctor's findings as text. */
import type { CaptureStats } from '../capture'
import type { CpuLevel } from '../cpu'
import type { DeviceInfo } from '../devices'
import type { EngineStats } from '../engine'
import type { Proof } from './doctor-proof'
import type { MissingBackend } from './doctor-backends'
import type { Installation } from './doctor-packages'
import type { Piece, Versions } from './doctor-system'
import { count, decibels, kilohertz, milliseconds, percent, plural } from './format'
import type { Screen } from './screen'
import { columns } from './table'

/** Those that are looked for on every Linux; others are told of when they answer. */
const LINUX_BACKENDS = ['alsa', 'jack']

const section = (screen: Screen, title: string, rows: readonly (readonly string[])[]): string[] => [
  screen.style('bold', title),
  ...columns(rows).map((row) => `  ${row}`),
  '',
]

export function versionLine({ noxrun, node, platform, arch, libc }: Versions): string {
  const system = libc === null ? `${platform} ${arch}` : `${platform} ${arch}, ${libc}`
  return `noxrun ${noxrun} on Node ${node}, ${system}`
}

export function missingLines(
  missing: readonly Piece[],
  install: readonly Installation[],
  screen: Screen,
): string[] {
  if (missing.length === 0) return []
  const pieces = missing.map(({ name, backend, use }) => [backend, name, use])
  const commands = install.map(({ title, command }) => [title, command])
  return [...section(screen, 'Not found', pieces), ...section(screen, 'To install all of that', commands)]
}

/** A backend, the devices that it offers, and why there are none. */
export interface BackendState {
  name: string
  devices: string[]
  /** Null when it offers some. */
  reason: string | null
  /** What would help; null when nothing is to be installed for it. */
  remedy: string | null
}

export function backendStates(
  devices: readonly DeviceInfo[],
  missing: readonly MissingBackend[],
  soundCard: boolean,
): BackendState[] {
  const expected = process.platform === 'linux' ? LINUX_BACKENDS : []
  const backends = new Set<string>([...expected, ...devices.map(({ backend }) => backend)])
  return [...backends].map((name) => {
    const ids = devices.filter((device) => device.backend === name).map(({ id }) => id)
    const fault = missing.find(({ backend }) => backend === name)
    const reason = ids.length > 0 ? null : (fault?.problem ?? absence(name, soundCard))
    return { name, devices: ids, reason, remedy: fault?.remedy ?? null }
  })
}

export function backendLines(states: readonly BackendState[], screen: Screen): string[] {
  const rows = states.map(({ name, devices, reason }) => [name, reason === null ? devices.join(', ') : `none: ${reason}`])
  return section(screen, 'Devices by backend', rows)
}

function absence(backend: string, soundCard: boolean): string {
  if (backend === 'jack') return 'no JACK server is running'
  if (backend === 'alsa' && !soundCard) return 'there is no sound card, and the default leads nowhere'
  return 'nothing answered'
}

export function proofLines(proof: Proof, cpu: CpuLevel, screen: Screen): string[] {
  const { device, sampleRate, bufferSize, playback, capture } = proof
  const { pushed } = playback.controlQueue
  const seconds = (playback.frames / sampleRate).toFixed(1)
  const where = `${plural(bufferSize, 'frame')} a callback at ${kilohertz(sampleRate)}`
  return [
    screen.style('bold', `${seconds} s of playback and capture on '${device}'`),
    ...columns(
      [
        ['', 'playback', 'capture'],
        ...counters(playback, capture).map(([name, ...values]) => [
          name, ...values.map((value) => (value === null ? '-' : count(value))),
        ]),
      ],
      ['left', 'right', 'right'],
    ).map((line) => `  ${line}`),
    '',
    ...columns([
      ['buffer', `${where}; latency ${latencies(proof)}`],
      ['control', `${plural(pushed, 'message')} to the callback, its queue never deeper than ${playback.controlQueue.maxDepth}`],
      ['instructions', cpu === 'v3' ? 'v3: x86-64-v3, with AVX2' : 'baseline: what every processor of this kind has'],
      ['load', `${load(playback)} of a callback's time`],
      ['captured', captured(proof)],
      ['priority', proof.realtimePriority ? 'real-time, granted' : `not real-time: ${proof.realtimeReason ?? ''}`],
    ]).map((line) => `  ${line}`),
  ]
}

type Counter = [name: string, playback: number | null, capture: number | null]

function counters(playback: EngineStats, capture: CaptureStats | null): Counter[] {
  const [mine, theirs] = [playback.audioThread, capture?.audioThread]
  return [
    ['callbacks', playback.callbacks, capture?.callbacks ?? null],
    ['allocations', mine.allocations, theirs?.allocations ?? null],
    ['frees', mine.frees, theirs?.frees ?? null],
    ['blocked', mine.blocked, theirs?.blocked ?? null],
    ['xruns', playback.xruns, capture?.xruns ?? null],
  ]
}

function load({ load: { p50, p99, max } }: EngineStats): string {
  return `p50 ${percent(p50)}, p99 ${percent(p99)}, max ${percent(max)}`
}

function latencies({ outputLatency, inputLatency }: Proof): string {
  const out = `${milliseconds(outputLatency)} out`
  return inputLatency === null ? out : `${out}, ${milliseconds(inputLatency)} in`
}

function captured({ capture, captureReason, capturedPeak, source }: Proof): string {
  if (capture === null) return `nothing: ${captureReason ?? 'no input'}`
  const from = source === 'loopback' ? "the device's loopback" : 'the input'
  return `${count(capture.captured)} samples from ${from}, ${count(capture.dropped)} dropped, peak ${decibels(capturedPeak)}`
}
