// A root of its own for one program: Node, the libraries that Node and the binding name, the installed
// package, and nothing else. It is entered by chroot, in namespaces without network or shared memory of
// ours, so no library and no server of this machine is in reach.
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { ask, run } from '../lib/process.mjs'

/** Files that belong to every root's /dev; the host's own are mounted there. */
const DEVICES = ['null', 'zero', 'random', 'urandom']

/** Where the package is installed in the root. */
export const APP = '/app'

/**
 * The libraries that a program or library is linked with, as the system's loader finds them.
 * @param {string} file
 * @returns {string[]}
 */
export function librariesOf(file) {
  const listed = ask('ldd', [file])
  if (listed === null) throw new Error(`ldd says nothing about ${file}: is it a program for this machine?`)
  if (listed.includes('not found')) throw new Error(`${file} needs what is not here:\n${listed}`)
  return [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, found]) => (found === undefined ? [] : [found]))
}

/**
 * Why no root can be entered here; null when one can.
 * @returns {string | null}
 */
export function whyNoRoot() {
  if (process.platform !== 'linux') return 'only Linux has such roots'
  if (ask('unshare', [...NAMESPACES, 'true']) === null) return 'this user may not make a mount namespace (be root, or allow user namespaces)'
  return null
}

const NAMESPACES = ['--mount', '--net', '--ipc', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])]

export class BareRoot {
  /** @param {string} dir An empty folder. */
  constructor(dir) {
    this.dir = dir
    /** Where the C library is: the loader looks there without any configuration. */
    this.libraryDir = path.dirname(librariesOf(process.execPath).find((file) => /\/libc\.so/.test(file)) ?? '/lib/libc.so')
    for (const name of ['bin', 'tmp', 'proc', 'dev/shm', 'app', 'etc']) mkdirSync(path.join(dir, name), { recursive: true })
    for (const name of DEVICES) writeFileSync(path.join(dir, 'dev', name), '')
    this.add(process.execPath, '/bin/node')
    chmodSync(path.join(dir, 'bin', 'node'), 0o755)
    this.addLibrariesOf(process.execPath)
  }

  /**
   * Copies a file, or what a link leads to.
   * @param {string} from
   * @param {string} to Absolute, in the root.
   */
  add(from, to) {
    const target = path.join(this.dir, to)
    mkdirSync(path.dirname(target), { recursive: true })
    cpSync(realpathSync(from), target)
  }

  /** @param {string} file */
  addLibrariesOf(file) {
    for (const library of librariesOf(file)) if (!existsSync(path.join(this.dir, library))) this.add(library, library)
  }

  /**
   * Puts files into the root for as long as something runs.
   * @template T
   * @param {Record<string, string | Uint8Array>} files Content by absolute path in the root.
   * @param {() => Promise<T>} body
   * @returns {Promise<T>}
   */
  async withFiles(files, body) {
    const made = Object.entries(files).map(([name, content]) => {
      const file = path.join(this.dir, name)
      if (lstatSync(file, { throwIfNoEntry: false })) throw new Error(`${name} is in the root already`)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, content)
      return file
    })
    try {
      return await body()
    } finally {
      for (const file of made) rmSync(file)
    }
  }

  /**
   * Runs Node in the root, with an environment that has nothing in it.
   * @param {readonly string[]} args
   * @param {Record<string, string>} [variables]
   * @returns {Promise<import('../lib/process.mjs').RunResult>}
   */
  node(args, variables = {}) {
    const mounts = [
      'set -e',
      'mount --rbind /proc "$0/proc"',
      ...DEVICES.map((name) => `mount --bind /dev/${name} "$0/dev/${name}"`),
      'exec env -i PATH=/bin HOME=/tmp TMPDIR=/tmp "$@"',
    ].join('\n')
    const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
    return run('unshare', [
      ...NAMESPACES, 'sh', '-c', mounts, this.dir,
      ...settings, chrootProgram(), this.dir, '/bin/node', ...args,
    ], { timeout: 60_000 })
  }
}

/** By its whole path: the environment that it runs in has none of ours. */
function chrootProgram() {
  const found = ['/usr/sbin/chroot', '/usr/bin/chroot', '/sbin/chroot', '/bin/chroot'].find((file) => existsSync(file))
  if (found === undefined) throw new Error('there is no chroot program; it is in the package coreutils')
  return found
}
