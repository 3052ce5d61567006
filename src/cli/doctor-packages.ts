/** The pieces of a Linux system that sound may need, and what the larger distributions call them. */
import { readFileSync } from 'node:fs'

/** Package names, by family of distributions. */
export interface Packages {
  debian: string
  fedora: string
  arch: string
  alpine: string
}

export type Family = keyof Packages

/** What installs packages in each family, and who belongs to it. */
const FAMILIES: Readonly<Record<Family, { title: string; install: string; ids: readonly string[] }>> = {
  debian: { title: 'Debian, Ubuntu', install: 'apt-get install', ids: ['debian', 'ubuntu'] },
  fedora: { title: 'Fedora', install: 'dnf install', ids: ['fedora', 'rhel', 'centos'] },
  arch: { title: 'Arch', install: 'pacman -S', ids: ['arch'] },
  alpine: { title: 'Alpine', install: 'apk add', ids: ['alpine'] },
}

export const ALSA_LIBRARY: Packages = {
  debian: 'libasound2', fedora: 'alsa-lib', arch: 'alsa-lib', alpine: 'alsa-lib',
}
export const ALSA_PLUGINS: Packages = {
  debian: 'libasound2-plugins', fedora: 'alsa-plugins-pulseaudio', arch: 'alsa-plugins', alpine: 'alsa-plugins-pulse',
}
export const JACK_LIBRARY: Packages = {
  debian: 'libjack-jackd2-0', fedora: 'pipewire-jack-audio-connection-kit', arch: 'pipewire-jack', alpine: 'jack',
}
export const JACK_SERVER: Packages = {
  debian: 'jackd2', fedora: 'jack-audio-connection-kit', arch: 'jack2', alpine: 'jack',
}

/** A family, and how to install something there. */
export interface Installation {
  family: Family
  title: string
  command: string
}

/**
 * How to install these packages on this system; on one that is not known, in every family.
 * @param osRelease what /etc/os-release says, empty where there is none
 */
export function installation(pieces: readonly Packages[], osRelease: string): Installation[] {
  if (pieces.length === 0) return []
  const known = familyOf(osRelease)
  const families = known === undefined ? (Object.keys(FAMILIES) as Family[]) : [known]
  return families.map((family) => {
    const { title, install } = FAMILIES[family]
    const names = pieces.map((packages) => packages[family])
    const exact = family === 'debian' && isNewDebian(osRelease) ? names.map(sinceTime64) : names
    return { family, title, command: `${install} ${[...new Set(exact)].join(' ')}` }
  })
}

export function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return ''
  }
}

function field(osRelease: string, name: string): string {
  return new RegExp(`^${name}=["']?([^"'\\n]*)`, 'm').exec(osRelease)?.[1] ?? ''
}

function familyOf(osRelease: string): Family | undefined {
  const ids = `${field(osRelease, 'ID')} ${field(osRelease, 'ID_LIKE')}`.split(' ')
  return (Object.keys(FAMILIES) as Family[]).find((family) => ids.some((id) => FAMILIES[family].ids.includes(id)))
}

/** Whether libraries were renamed in this release, when their time became 64 bits wide. */
function isNewDebian(osRelease: string): boolean {
  const since: Record<string, number> = { debian: 13, ubuntu: 24.04 }
  const first = since[field(osRelease, 'ID')]
  return first !== undefined && Number(field(osRelease, 'VERSION_ID')) >= first
}

const sinceTime64 = (name: string): string => (name === 'libasound2' ? 'libasound2t64' : name)
