// Run as a program of its own: gets a rejection from everything that returns a promise, leaves it alone
// until it has settled, and only then awaits it. Prints the codes; before them, what Node complains of.
import * as binding from '#binding'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { Capture, Engine, type NoxrunError, type Recording, type Sample, listDevices, probe, render } from '../../index'
import { createVirtualDevice } from '../../src/testing'

process.on('unhandledRejection', (error) => { console.log('unhandled', error) })

const NOWHERE = '/nowhere/a.wav'

/** What hardly ever fails does so here. */
function breakBinding(): void {
  const fail = (): Promise<never> => Promise.reject(new Error('ERR_IO: of the test'))
  const { NativeCapture, NativeEngine, NativeRecording } = binding
  Object.assign(binding, { listDevices: fail })
  Object.assign(NativeEngine.prototype, { suspend: fail, resume: fail, close: fail })
  Object.assign(NativeCapture.prototype, { close: fail })
  const result = { frames: 0, dropped: 0, failure: 'ERR_IO: of the test' }
  Object.assign(NativeRecording.prototype, { result: () => result })
}

/** A recording that was begun in a batch that came to nothing. */
function undone(engine: Engine): Promise<Recording> {
  let begun: Promise<Recording> | undefined
  try {
    engine.batch(() => {
      begun = engine.record(NOWHERE)
      throw new Error('from inside')
    })
  } catch {
    // Its own.
  }
  return begun ?? Promise.reject(new Error('nothing was begun'))
}

async function main(folder: string): Promise<void> {
  const device = createVirtualDevice()
  const engine = await Engine.open({ device: device.id })
  const other = await Engine.open({ device: 'virtual' })
  const capture = await Capture.open({ device: device.id })
  for (const one of [engine, other, capture]) (one as Engine).on('warning', () => undefined)
  const aborted = AbortSignal.abort()
  const later = new AbortController()
  const recordings = await Promise.all([
    capture.record(`${folder}/a.wav`), engine.record(`${folder}/b.wav`), capture.record(`${folder}/c.wav`, { signal: later.signal }),
  ])
  breakBinding()
  let offline: Promise<Sample> | undefined
  await render({ duration: 0.01 }, (rendering) => { offline = rendering.load(5 as never) }).catch(() => undefined)
  later.abort()
  const left: Record<string, Promise<unknown> | undefined> = {
    'Engine.open': Engine.open({ channels: 0 }),
    'Engine.open, aborted': Engine.open({ device: 'virtual', signal: aborted }),
    'load': other.load(NOWHERE),
    'load, closed meanwhile': engine.load(NOWHERE),
    'load, aborted': engine.load(NOWHERE, { signal: aborted }),
    'load in a rendering': offline,
    'engine.record': engine.record(NOWHERE),
    'engine.record, undone': undone(engine),
    'track.record': engine.createTrack().record(NOWHERE),
    'suspend': engine.suspend(),
    'resume': engine.resume(),
    'Capture.open': Capture.open({ chunk: 0 }),
    'capture.record': capture.record(NOWHERE),
    'chunks.next': capture.chunks({ signal: aborted }).next(),
    'chunks.return': capture.chunks().return?.(Promise.reject(Object.assign(new Error(), { code: 'of the program' }))),
    'recording.stop': recordings[0].stop(),
    'recording, disposed of': recordings[1][Symbol.asyncDispose](),
    'recording, aborted': recordings[2].stop(),
    'render': render({ duration: 0 }, () => undefined),
    'render, at its end': render({ duration: 0.01 }, () => undefined),
    'probe': probe(NOWHERE),
    'listDevices': listDevices(),
    'step': device.step(-1),
    'capture.close': capture.close(),
    'capture, disposed of': capture[Symbol.asyncDispose](),
    'engine.close': engine.close(),
    'engine, disposed of': engine[Symbol.asyncDispose](),
  }
  // Not awaited: that would be somebody.
  while (inspect(left).includes('<pending>')) await sleep(10)
  await sleep(50)
  for (const [name, promise] of Object.entries(left)) {
    const code = await promise?.then(() => 'none', (error: unknown) => (error as NoxrunError).code)
    console.log(`${name}: ${code}`)
  }
  process.exit(0)
}

void main(process.argv[2] ?? '')
