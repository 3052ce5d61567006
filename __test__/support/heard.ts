// An engine and a capture that hears it, through a real server, for comparisons to the sample.
import type { ExecutionContext } from 'ava'
import { Capture, Engine } from '../../index'
import type { TestServer } from './servers'
import { Collector } from './signal'

export interface Loop {
  engine: Engine
  capture: Capture
  collector: Collector
}

/** Attempts at a comparison to the sample: a loaded machine may miss a deadline of the server. */
const ATTEMPTS = 6
/** Samples: half a minute of two channels. */
const ROOM = 30 * 2 * 48_000

/**
 * Runs a test on an engine and a capture that hears it. When it fails and the server missed
 * deadlines meanwhile, sound was lost outside of us, and it is run again; a pass is always exact.
 */
export async function heard(
  t: ExecutionContext,
  server: TestServer,
  backend: 'jack' | 'alsa',
  body: (t: ExecutionContext, loop: Loop) => Promise<void>,
): Promise<void> {
  for (let left = ATTEMPTS - 1; ; left--) {
    let xruns = 0
    const attempt = await t.try(async (inner) => {
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
        xruns = engine.stats().xruns + stats.xruns
      }
    })
    if (attempt.passed || xruns === 0 || left === 0) {
      attempt.commit()
      return
    }
    attempt.discard()
    t.log(`run again: ${xruns} xruns`)
  }
}
