// An engine and a capture that hears it, through a real server, for comparisons to the sample.
import { Capture, Engine } from '../../index'
import type { TestServer } from './servers'
import { Collector } from './signal'

export interface Loop {
  engine: Engine
  capture: Capture
  collector: Collector
}

/** Samples: half a minute of two channels. */
const ROOM = 30 * 2 * 48_000

/** Runs a test on an engine and a capture that hears it, and closes both. */
export async function heard(server: TestServer, backend: 'jack' | 'alsa', body: (loop: Loop) => Promise<void>): Promise<void> {
  const engine = await Engine.open({ device: backend, bufferSize: 256 })
  const capture = await Capture.open({ device: backend, channels: 2, bufferSize: 256, capacity: ROOM })
  try {
    for (const one of [engine, capture]) one.on('warning', () => undefined)
    const collector = new Collector(capture)
    await server.loopback(backend)
    await body({ engine, capture, collector })
  } finally {
    await engine.close()
    await capture.close()
  }
}
