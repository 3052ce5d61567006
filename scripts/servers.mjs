// Real JACK servers without sound hardware: `jackd -d dummy`, each under a name of its own, with the
// environment that brings a client, through JACK or through ALSA, onto that server and no other.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { clearSharedMemory, releasePlace, releaseStalePlaces } from './lib/jack-registry.mjs'
import { ask, run, start, tail } from './lib/process.mjs'
import { alsaPluginDir, isOnPath } from './setup/system.mjs'

const READY_WITHIN = 60_000
const STOP_GRACE = 3000
/** Milliseconds. A synchronous server waits ten times as long for its clients before it goes on without them. */
const CLIENT_TIMEOUT = 1000

/**
 * @typedef {object} ServerOptions
 * @property {number} [period] Frames a callback, default 256.
 * @property {number} [rate] Default 48000.
 * @property {number} [channels] Each of capture and playback, default 2.
 * @property {boolean} [sync] Whether the server waits for its clients, so that one that comes late loses nothing. Default false.
 * @property {string} [label] Ends the server's name, default the period. Two at once in one process need different ones.
 *
 * @typedef {object} Server
 * @property {string} name
 * @property {number} period
 * @property {number} rate
 * @property {boolean} realtime Whether the server runs at real-time priority.
 * @property {number} pid
 * @property {Record<string, string>} env What a client needs to reach this server.
 * @property {() => Promise<void>} stop Ends the server and clears what it left.
 */

/**
 * What starting a server here lacks; empty when nothing.
 * @returns {string[]}
 */
export function missingForServers() {
  if (process.platform !== 'linux') return ['Linux']
  return ['jackd', 'jack_lsp', 'jack_connect'].filter((program) => !isOnPath(program))
}

/** Whether this user may run threads at real-time priority. */
export function mayRunRealtime() {
  return ask('chrt', ['-f', '60', 'true']) !== null
}

/**
 * ALSA's configuration with JACK as its default device, complete in itself: the user's own ALSA
 * settings must not decide what a test hears.
 * @param {number} channels
 * @returns {string}
 */
function alsaConfig(channels) {
  /** @param {string} direction */
  const ports = (direction) => Array.from({ length: channels }, (_, i) => `${i} system:${direction}_${i + 1}`).join(' ')
  const dir = alsaPluginDir()
  const library = dir === '' ? '' : `pcm_type.jack { lib "${path.join(dir, 'libasound_module_pcm_jack.so')}" }\n`
  return `${library}pcm.rawjack {
  type jack
  playback_ports { ${ports('playback')} }
  capture_ports { ${ports('capture')} }
  hint { show on description "raw jack" }
}
pcm.!default {
  type plug
  slave { pcm rawjack }
  hint { show on description "jack via plug" }
}
`
}

/**
 * Starts a server and resolves once a client can open on it.
 * @param {ServerOptions} [options]
 * @returns {Promise<Server>}
 */
export async function startServer(options = {}) {
  try {
    return await tryStart(options)
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('Too many servers'))) throw error
    await releaseStalePlaces()
    return await tryStart(options)
  }
}

/**
 * @param {ServerOptions} options
 * @returns {Promise<Server>}
 */
async function tryStart(options) {
  const { period = 256, rate = 48_000, channels = 2, sync = false, label = `${period}` } = options
  const missing = missingForServers()
  if (missing.length > 0) throw new Error(`no server can be started: ${missing.join(', ')} missing`)

  const name = `noxrun-${process.pid}-${label}`
  const dir = mkdtempSync(path.join(tmpdir(), `${name}-`))
  const logFile = path.join(dir, 'jackd.log')
  const alsaFile = path.join(dir, 'asound.conf')
  writeFileSync(alsaFile, alsaConfig(channels))
  const env = {
    JACK_DEFAULT_SERVER: name,
    JACK_NO_START_SERVER: '1',
    JACK_NO_AUDIO_RESERVATION: '1',
    ALSA_CONFIG_PATH: alsaFile,
  }

  const realtime = mayRunRealtime()
  const jackd = [
    'jackd', '-n', name, ...(realtime ? ['-R', '-P', '60'] : ['-r']), ...(sync ? ['-S', '-t', `${CLIENT_TIMEOUT}`] : []),
    '-d', 'dummy', '-r', `${rate}`, '-p', `${period}`, '-C', `${channels}`, '-P', `${channels}`,
  ]
  // The kernel ends the server if this process is killed before it could.
  const command = isOnPath('setpriv') ? ['setpriv', '--pdeathsig', 'TERM', '--', ...jackd] : jackd
  const log = openSync(logFile, 'w')
  const child = start(/** @type {string} */ (command[0]), command.slice(1), { env, log })
  closeSync(log)
  const { pid } = child
  let ended = pid === undefined
  let killed = false
  child.once('error', () => (ended = true))
  const gone = new Promise((resolve) => {
    child.once('exit', (_code, signal) => {
      ended = true
      killed = signal !== null
      resolve(undefined)
    })
    if (pid === undefined) resolve(undefined)
  })

  const stop = async () => {
    if (!ended) {
      child.kill('SIGTERM')
      await Promise.race([gone, sleep(STOP_GRACE, undefined, { ref: false })])
    }
    if (!ended) {
      child.kill('SIGKILL')
      await gone
    }
    if (killed) await releasePlace(name)
    else clearSharedMemory(name)
    rmSync(dir, { recursive: true, force: true })
  }

  const deadline = Date.now() + READY_WITHIN
  while ((await run('jack_lsp', [], { env, timeout: 30_000 })).status !== 0) {
    if (ended || Date.now() > deadline) {
      const said = tail(readFileSync(logFile, 'utf8'), 20)
      await stop()
      throw new Error(`jackd ${name} ${ended ? 'ended' : 'was not ready in time'}:\n${said}`)
    }
    await sleep(50)
  }
  return { name, period, rate, realtime, pid: /** @type {number} */ (pid), env, stop }
}

/**
 * The ports on a server.
 * @param {Record<string, string>} env A server's `env`.
 * @returns {Promise<string[]>}
 */
export async function listPorts(env) {
  const result = await run('jack_lsp', [], { env, timeout: 60_000 })
  if (result.status !== 0) throw new Error(`jack_lsp failed:\n${result.output}`)
  return result.stdout.split('\n').filter((line) => /^[^\s:]+.*:/.test(line))
}

/**
 * Waits until a port that matches exists and returns its name.
 * @param {Record<string, string>} env A server's `env`.
 * @param {RegExp} pattern
 * @param {number} [timeout] Milliseconds, default 30000.
 * @returns {Promise<string>}
 */
export async function waitForPort(env, pattern, timeout = 30_000) {
  const deadline = Date.now() + timeout
  for (;;) {
    const ports = await listPorts(env)
    const port = ports.find((name) => pattern.test(name))
    if (port !== undefined) return port
    if (Date.now() > deadline) throw new Error(`no port matches ${pattern.source}; there are: ${ports.join(', ')}`)
    await sleep(50)
  }
}

/**
 * @param {Record<string, string>} env A server's `env`.
 * @param {string} from Output port.
 * @param {string} to Input port.
 * @returns {Promise<void>}
 */
export async function connectPorts(env, from, to) {
  const result = await run('jack_connect', [from, to], { env, timeout: 60_000 })
  if (result.status !== 0) throw new Error(`jack_connect ${from} ${to} failed:\n${result.output}`)
}

/**
 * @param {Record<string, string>} env A server's `env`.
 * @param {string} from Output port.
 * @param {string} to Input port.
 * @returns {Promise<void>}
 */
export async function disconnectPorts(env, from, to) {
  const result = await run('jack_disconnect', [from, to], { env, timeout: 60_000 })
  if (result.status !== 0) throw new Error(`jack_disconnect ${from} ${to} failed:\n${result.output}`)
}
