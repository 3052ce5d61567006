// A JACK server for a test file. It waits for its clients: a processor that others keep busy delays
// what is heard and takes nothing out of it. Under `npm test` the servers already run; a file that is run by
// itself starts its own. Files that use this live in __test__/server/ and run one at a time.
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { TestFn } from 'ava'
import type * as Servers from '../../scripts/servers.mjs' with { 'resolution-mode': 'import' }

// The script as it stands in the checkout, which is where ava runs; the compiled tests stand elsewhere.
const servers = import(pathToFileURL(path.resolve('scripts', 'servers.mjs')).href) as Promise<typeof Servers>

/** What `npm test` passes on of a server that it started. */
interface Running {
  name: string
  period: number
  rate: number
  env: Record<string, string>
}

/** The server of a test file, once its `before` hook has run. */
export interface TestServer {
  /** Frames a callback. */
  readonly period: number
  /** Frames a second. */
  readonly rate: number
  /** What a client needs in its environment; this process has it already. */
  readonly env: Record<string, string>
  /** The names of all ports. */
  ports(): Promise<string[]>
  /** Waits until a port matches and returns its name. */
  waitForPort(pattern: RegExp): Promise<string>
  connect(from: string, to: string): Promise<void>
  disconnect(from: string, to: string): Promise<void>
  /**
   * Connects each output of our playback to the same channel of our capture, once both run.
   *
   * @param via The backend through which the streams were opened.
   * @param channels Default 2.
   */
  loopback(via: 'jack' | 'alsa', channels?: number): Promise<void>
}

// The names that cpal's JACK host and ALSA's JACK plugin give to the ports of this process.
const PORTS = {
  jack: {
    // A server that meets the name of a client that is on its way out appends a number.
    out: (i: number) => new RegExp(`_${process.pid}_out(-\\d+)?:out_${i}$`),
    in: (i: number) => new RegExp(`_${process.pid}_in(-\\d+)?:in_${i}$`),
  },
  alsa: {
    out: (i: number) => new RegExp(`\\.${process.pid}\\.\\d+:out_00${i}$`),
    in: (i: number) => new RegExp(`\\.${process.pid}\\.\\d+:in_00${i}$`),
  },
}

/**
 * Connects each output of our playback to the same channel of our capture, once both run, on a
 * server that a client reaches with `env`.
 */
export async function loopbackPorts(env: Record<string, string>, via: 'jack' | 'alsa', channels = 2): Promise<void> {
  const { waitForPort, connectPorts } = await servers
  for (let i = 0; i < channels; i++) {
    const from = await waitForPort(env, PORTS[via].out(i))
    const to = await waitForPort(env, PORTS[via].in(i))
    await connectPorts(env, from, to)
  }
}

function runningServers(): Running[] {
  return JSON.parse(process.env['NOXRUN_TEST_SERVERS'] ?? '[]') as Running[]
}

/**
 * Gives a test file a server: call it once at the top, before any device is opened.
 *
 * @param test The file's `test`, serial or not.
 * @param period Frames a callback; `npm test` has 256 and 64 running.
 */
export function useServer(test: TestFn, period: 64 | 256): TestServer {
  let running: Running | undefined
  let stop = (): Promise<void> => Promise.resolve()
  const now = (): Running => {
    if (!running) throw new Error('the server is there once the `before` hook has run')
    return running
  }

  test.before(`a JACK server with ${period} frames a period`, async () => {
    running = runningServers().find((server) => server.period === period)
    if (!running) {
      const own = await (await servers).startServer({ period, sync: true })
      running = own
      stop = own.stop
    }
    // libjack and libasound read the environment when a client opens.
    Object.assign(process.env, running.env)
  })
  test.after.always('the JACK server is stopped', () => stop())

  return {
    period,
    get rate() {
      return now().rate
    },
    get env() {
      return now().env
    },
    ports: async () => (await servers).listPorts(now().env),
    waitForPort: async (pattern) => (await servers).waitForPort(now().env, pattern),
    connect: async (from, to) => (await servers).connectPorts(now().env, from, to),
    disconnect: async (from, to) => (await servers).disconnectPorts(now().env, from, to),
    loopback: (via, channels) => loopbackPorts(now().env, via, channels),
  }
}
