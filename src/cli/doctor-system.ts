/** What this machine has, found by looking for it; nothing is run. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Backend } from '../devices'
import type { MissingBackend } from './doctor-backends'
import { ALSA_LIBRARY, ALSA_PLUGINS, JACK_LIBRARY, JACK_SERVER, type Packages } from './doctor-packages'
import { version } from './version'

export interface Versions {
  noxrun: string
  node: string
  platform: string
  arch: string
  /** As 'glibc 2.36'; null where there is no choice of C libraries. */
  libc: string | null
}

/** Something of the system that playing or recording may need. */
export interface Piece {
  name: string
  /** Which backend is the poorer without it. */
  backend: Backend
  /** What it is good for. */
  use: string
  /** What brings it. */
  packages: Packages
}

interface Need extends Piece {
  /** Given the backends whose library cannot be used: only trying tells whether it can. */
  isMet(missing: readonly MissingBackend[]): boolean
}

export function versions(): Versions {
  const { platform, arch, versions: own } = process
  return { noxrun: version(), node: own.node, platform, arch, libc: libc() }
}

function libc(): string | null {
  if (process.platform !== 'linux') return null
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  const glibc = report.header?.glibcVersionRuntime
  return glibc === undefined ? 'musl' : `glibc ${glibc}`
}

/** The pieces that are not there, or cannot be used. */
export function missingPieces(missing: readonly MissingBackend[]): Piece[] {
  if (process.platform !== 'linux') return []
  return NEEDS.filter((need) => !need.isMet(missing)).map(({ name, backend, use, packages }) => ({
    name, backend, use, packages,
  }))
}

/** Whether the kernel knows a sound card. */
export function hasSoundCard(): boolean {
  try {
    return /^\s*\d+ \[/m.test(readFileSync('/proc/asound/cards', 'utf8'))
  } catch {
    return false
  }
}

const TRIPLETS: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  arm: 'arm-linux-gnueabihf',
  riscv64: 'riscv64-linux-gnu',
}

function libraryDirs(): string[] {
  const triplet = TRIPLETS[process.arch]
  const bases = ['/usr/local/lib', '/usr/lib', '/lib']
  return [
    ...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean),
    ...(triplet === undefined ? [] : bases.map((base) => `${base}/${triplet}`)),
    ...bases,
    '/usr/lib64',
    '/lib64',
  ]
}

const hasLibrary = (file: string): boolean =>
  libraryDirs().some((dir) => existsSync(path.join(dir, file)))

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((dir) => {
    try {
      accessSync(path.join(dir, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const isUsable =
  (backend: Backend) =>
  (missing: readonly MissingBackend[]): boolean =>
    !missing.some((one) => one.backend === backend)

const NEEDS: readonly Need[] = [
  {
    name: "ALSA's library",
    backend: 'alsa',
    use: 'without it no sound card can be opened, nor what ALSA leads to',
    packages: ALSA_LIBRARY,
    isMet: isUsable('alsa'),
  },
  {
    name: "ALSA's plugins",
    backend: 'alsa',
    use: "they lead ALSA's default device to PulseAudio or JACK",
    packages: ALSA_PLUGINS,
    isMet: () => hasLibrary(path.join('alsa-lib', 'libasound_module_pcm_pulse.so')),
  },
  {
    name: "JACK's library",
    backend: 'jack',
    use: 'it reaches a JACK server',
    packages: JACK_LIBRARY,
    isMet: isUsable('jack'),
  },
  {
    name: 'a JACK server',
    backend: 'jack',
    use: 'for low and steady latency',
    packages: JACK_SERVER,
    isMet: () => ['jackd', 'jackdbus', 'pw-jack'].some(isOnPath),
  },
]
