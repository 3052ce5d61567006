// Stalls of three seconds, each kind by itself, through real servers: what is lost is exactly what the
// stats say, and everything else is where it belongs.
import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type * as Builds from '../../scripts/lib/build.mjs' with { 'resolution-mode': 'import' }
import type * as Performing from '../../scripts/lib/perform.mjs' with { 'resolution-mode': 'import' }
import { type StallResult, captureWithStall } from '../capture/stall'
import { useServer } from '../support/servers'

const server = useServer(test, 256)

// The scripts as they stand in the checkout, which is where ava runs.
const script = (name: string): Promise<unknown> => import(pathToFileURL(path.resolve('scripts', 'lib', name)).href)

function assertAccounts(t: ExecutionContext, { reader, capture, ...result }: StallResult): void {
  t.is(capture.captured, capture.delivered + capture.dropped + capture.buffered)
  t.is(capture.buffered, 0)
  t.is(reader.received, reader.delivered + reader.dropped + reader.buffered)
  t.is(reader.received, capture.captured, 'it was there from the first sample on')
  t.is(reader.buffered, 0)
  t.is(result.heard, reader.delivered)
  // More than a second of two channels, in whole frames.
  t.true(reader.dropped > 96_000 && reader.dropped % 2 === 0, `${reader.dropped} samples`)
  t.is(result.droppedBefore, reader.dropped)
  t.is(result.droppedEvents, reader.dropped)
  t.is(result.skipped, capture.lostByDevice, 'indices pass over what never came, and nothing else')
  t.true(result.gaps >= 1)
  t.deepEqual([capture.audioThread.allocations, capture.audioThread.frees], [0, 0])
}

function assertContent(t: ExecutionContext, result: StallResult): void {
  t.is(result.mismatched, 0, 'every sample is where its index says')
  t.true(result.matchedBefore > 4800, `${result.matchedBefore} frames before the stall`)
  t.true(result.matchedAfter > 4800, `${result.matchedAfter} frames after the stall`)
}

for (const via of ['jack', 'alsa'] as const) {
  for (const stall of ['event loop', 'reader'] as const) {
    test.serial(`the ${stall} stands still for 3 s, through ${via}`, async (t) => {
      const result = await captureWithStall(via, stall, () => server.loopback(via))
      assertAccounts(t, result)
      t.is(result.capture.dropped, 0, 'the ring went on: what was lost is this reader’s')
      assertContent(t, result)
    })
  }

  test.serial(`the capture thread stands still for 3 s, through ${via}`, async (t) => {
    const result = await inChild(t, via)
    assertAccounts(t, result)
    // The last quarter of a second may have found the reader's own queue full, too.
    t.true(result.capture.dropped > 96_000, 'the ring overflowed')
    t.is(result.capture.highWater, 24_000, 'and was full')
    assertContent(t, result)
  })
}

test.before('the build that can plant faults', async (t) => {
  t.timeout(600_000)
  const { sabotage } = (await script('build.mjs')) as typeof Builds
  const { bringUpToDate } = (await script('perform.mjs')) as typeof Performing
  await bringUpToDate(sabotage, { quiet: true })
})

/** A run whose capture thread the hook of the sabotage build stops. */
async function inChild(t: ExecutionContext, via: 'jack' | 'alsa'): Promise<StallResult> {
  const { sabotageBinding } = (await script('build.mjs')) as typeof Builds
  const child = fork(path.join(__dirname, '../capture/stall-child.js'), [via], {
    env: {
      ...process.env,
      NOXRUN_SABOTAGE: 'stopped-capture-thread',
      NOXRUN_BINDING: sabotageBinding() ?? '',
    },
  })
  try {
    t.is(await message(child), 'connect')
    for (const channel of [0, 1]) await server.connect(...(await portsOf(child, via, channel)))
    child.send('connected')
    return (await message(child)) as StallResult
  } finally {
    child.kill('SIGKILL')
  }
}

/** The ports of another process, as the backends name them: its playback and its capture. */
async function portsOf({ pid = 0 }: ChildProcess, via: 'jack' | 'alsa', channel: number): Promise<[string, string]> {
  const name = (way: 'in' | 'out'): RegExp =>
    via === 'jack' ? new RegExp(`_${pid}_${way}:${way}_${channel}$`) : new RegExp(`\\.${pid}\\.\\d+:${way}_00${channel}$`)
  return [await server.waitForPort(name('out')), await server.waitForPort(name('in'))]
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => { reject(new Error(`the child ended with ${code ?? 'a signal'}`)) })
  })
}
