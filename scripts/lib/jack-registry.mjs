// JACK's registry of servers has eight places. A server that is killed keeps its place until one of the
// same name starts and ends well, so tests that kill servers would soon leave none for anybody.
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './process.mjs'

// Where jackd keeps its registry, and the semaphores and sockets that carry a server's name.
const SHARED_MEMORY = '/dev/shm'
const REGISTRY = path.join(SHARED_MEMORY, 'jack-shm-registry')

/**
 * Removes files that a killed server left in shared memory. Only those that carry its name: the rest
 * belongs to the servers of other people.
 * @param {string} name
 */
export function clearSharedMemory(name) {
  /** @type {string[]} */
  let files
  try {
    files = readdirSync(SHARED_MEMORY)
  } catch {
    return
  }
  for (const file of files) {
    if (file.startsWith('jack') && file.includes(`_${name}_`)) rmSync(path.join(SHARED_MEMORY, file), { force: true, recursive: true })
  }
}

/**
 * Gives a killed server's place back: a server of the same name takes it over and ends as it should.
 * @param {string} name
 * @returns {Promise<void>}
 */
export async function releasePlace(name) {
  clearSharedMemory(name)
  const env = { JACK_NO_AUDIO_RESERVATION: '1' }
  // Long enough to register itself; then the time limit ends it with the signal that lets it clean up.
  await run('jackd', ['-n', name, '-r', '-d', 'dummy', '-r', '48000', '-p', '1024'], { env, timeout: 700 })
  clearSharedMemory(name)
}

/** @param {string} name */
function isRunning(name) {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').includes(name)
    } catch {
      return false
    }
  })
}

/**
 * Gives back every place that a killed test server of this project still holds.
 * @returns {Promise<string[]>} The names of those servers.
 */
export async function releaseStalePlaces() {
  /** @type {string} */
  let registry
  try {
    registry = readFileSync(REGISTRY, 'latin1')
  } catch {
    return []
  }
  const names = [...new Set([...registry.matchAll(/:(noxrun-[\w.-]+)/g)].map((match) => match[1] ?? ''))]
  const stale = names.filter((name) => !isRunning(name))
  for (const name of stale) await releasePlace(name)
  // A server that is just ending still counts for a moment.
  if (stale.length === 0) await sleep(500)
  return stale
}
