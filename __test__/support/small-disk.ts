// A disk that is soon full: a file system of its own where this process may mount one, else a limit on
// the size of files, which refuses writes as a full disk does.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'

export interface SmallDisk {
  dir: string
  bytes: number
  /** Whether it is a file system, which several files fill together. */
  isReal: boolean
  /** The command that runs another one under the limit. */
  command: readonly [string, ...string[]]
}

/** Made for one test, and gone with it. */
export function smallDisk(t: ExecutionContext, bytes: number): SmallDisk {
  const dir = mkdtempSync(path.join(tmpdir(), 'noxrun-small-'))
  t.teardown(() => { rmSync(dir, { recursive: true, force: true }) })
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'noxrun-test', dir])
  if (status === 0) {
    t.teardown(() => spawnSync('umount', ['--lazy', dir]))
    return { dir, bytes, isReal: true, command: ['sh', '-c', 'exec "$@"', 'sh'] }
  }
  t.log(`no file system of its own (${error?.message ?? stderr.toString().trim()}): the size of files is limited instead`)
  // In blocks of 512 bytes, as POSIX has it; sh of Debian does so, too.
  return { dir, bytes, isReal: false, command: ['sh', '-c', `ulimit -f ${bytes / 512}; exec "$@"`, 'sh'] }
}
