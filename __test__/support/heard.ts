// An engine and a capture that hears it, through a real server, for comparisons to the sample.
import type { ExecutionContext } from 'ava'
import { Capture, Engine } from '../../index'
import type { TestServer } from './servers'
import { Collector } from './signal'
import { undisturbed } from './undisturbed'

export interface Loop {
  engine: Engine
  capture: Capture
  collector: Collector
}

/** Samples: half a minute of two channels. */
const ROOM = 30 * 2 * 48_000

/**
 * Runs a test on an engine and a capture that hears it, again when it was disturbed: see
 * `undisturbed`.
 */
export async function heard(
  t: ExecutionContext,
  server: TestServer,
  backend: 'jack' | 'alsa',
  body: (t: ExecutionContext, loop: Loop) => Promise<void>,
): Promise<void> {
  await undisturbed(t, async (inner, tell) => {
    const engine = await Engine.open({ device: backend, bufferSize: 256 })
    const capture = await Capture.open({ device: backend, channels: 2, bufferSize: 256, capacity: ROOM })
    try {
      for (const one of [engine, capture]) one.on('warning', () => undefined)
      const collector = new Collector(capture)
      await server.loopback(backend)
      await body(inner, { engine, capture, collector })
    } finally {
      await engine.close()
      const stats = await capture.close()
      tell(engine.stats().xruns + stats.xruns)
    }
  })
}
