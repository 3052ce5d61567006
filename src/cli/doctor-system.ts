/** What this machine has, found by looking for it; nothing is run and nothing is loaded. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
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
  /** What it is good for. */
  use: string
  /** The Debian package that brings it. */
  debianPackage: string
}

interface Need extends Piece {
  isMet(): boolean
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

/** The pieces that are not there. */
export function missingPieces(): Piece[] {
  if (process.platform !== 'linux') return []
  return NEEDS.filter((need) => !need.isMet()).map(({ name, use, debianPackage }) => ({
    name, use, debianPackage,
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

const NEEDS: readonly Need[] = [
  {
    name: "ALSA's library",
    use: 'without it nothing can be opened',
    debianPackage: 'libasound2',
    isMet: () => hasLibrary('libasound.so.2'),
  },
  {
    name: "ALSA's plugins",
    use: "they lead ALSA's default device to PulseAudio or JACK",
    debianPackage: 'libasound2-plugins',
    isMet: () => hasLibrary(path.join('alsa-lib', 'libasound_module_pcm_pulse.so')),
  },
  {
    name: "JACK's library",
    use: 'it reaches a JACK server',
    debianPackage: 'libjack-jackd2-0',
    isMet: () => hasLibrary('libjack.so.0'),
  },
  {
    name: 'a JACK server',
    use: 'for low and steady latency',
    debianPackage: 'jackd2',
    isMet: () => ['jackd', 'jackdbus', 'pw-jack'].some(isOnPath),
  },
]
