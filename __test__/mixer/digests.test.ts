// One performance, one sound: whatever the block size, live or offline, on every instruction set.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { Engine, render } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { FRAMES, RATE, digest, perform } from './session'

const SESSIONS = 50
const OPTIONS = { duration: FRAMES / RATE, sampleRate: RATE }

async function offline(seed: number, blockSize: number): Promise<{ digest: string; peak: number }> {
  const { channelData, peak } = await render({ ...OPTIONS, blockSize }, (engine) => perform(engine, seed))
  return { digest: digest(channelData), peak }
}

async function renderAll(): Promise<{ digest: string; peak: number }[]> {
  const sessions = []
  for (let seed = 0; seed < SESSIONS; seed++) sessions.push(await offline(seed, 256))
  return sessions
}

const whole = renderAll()

test('50 random sessions are sound, each of its own', async (t) => {
  const sessions = await whole
  t.true(sessions.every(({ peak }) => Number.isFinite(peak)))
  // Now and then everything is muted.
  const heard = sessions.filter(({ peak }) => peak > 0)
  t.true(heard.length > 40)
  t.is(new Set(heard.map((one) => one.digest)).size, heard.length)
})

test('50 random sessions sound as they did: digests.json keeps their digests, by seed', async (t) => {
  const pinned = JSON.parse(readFileSync('__test__/mixer/digests.json', 'utf8')) as { sessions: string[] }
  t.deepEqual((await whole).map(({ digest }) => digest), pinned.sessions)
})

for (const blockSize of [1, 7, 64, 511, 4096]) {
  test(`50 random sessions have the same bits in blocks of ${blockSize} frames`, async (t) => {
    const sessions = await whole
    for (const [seed, { digest }] of sessions.entries()) {
      t.is((await offline(seed, blockSize)).digest, digest, `seed ${seed}`)
    }
  })
}

test('50 random sessions have the same bits live, on a device of changing block sizes', async (t) => {
  const sessions = await whole
  for (const [seed, expected] of sessions.entries()) {
    const device = createVirtualDevice({ sampleRate: RATE, blockSizes: [64, 1, 511, 256, 7] })
    const engine = await Engine.open({ device: device.id, safetyLimiter: true })
    engine.on('warning', () => undefined)
    await perform(engine, seed)
    await device.step(FRAMES)
    t.is(digest(device.output().channelData), expected.digest, `seed ${seed}`)
    t.is(engine.stats().audioThread.allocations, 0)
    t.is(engine.stats().audioThread.frees, 0)
    await engine.close()
    device.close()
  }
})

async function underLevel(level: string, count: number): Promise<{ lines: string[]; stderr: string }> {
  const run = promisify(execFile)
  const { stdout, stderr } = await run(
    process.execPath,
    [path.join(__dirname, 'digest-child.js'), String(count)],
    { env: { ...process.env, NOXRUN_CPU: level } },
  )
  return { lines: stdout.trim().split('\n'), stderr }
}

/** By the system's own account. */
function isV3(): boolean {
  if (process.arch !== 'x64' || process.platform !== 'linux') return false
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(' '))
  return ['avx2', 'bmi1', 'bmi2', 'abm', 'popcnt'].every((flag) => flags.has(flag))
}

for (const level of isV3() ? ['baseline', 'v3'] : ['baseline']) {
  test(`50 random sessions have the same bits on ${level}`, async (t) => {
    const { lines, stderr } = await underLevel(level, SESSIONS)
    const sessions = await whole
    t.deepEqual(lines, [level, ...sessions.map(({ digest }) => digest)])
    t.false(stderr.includes('NOXRUN_CPU'))
  })
}

test('a level that there is not is warned of once, and the best of this machine runs', async (t) => {
  const { lines, stderr } = await underLevel('avx9', 2)
  const sessions = await whole
  const best = isV3() ? 'v3' : 'baseline'
  t.deepEqual(lines, [best, ...sessions.slice(0, 2).map(({ digest }) => digest)])
  t.is(stderr.match(/\[CPU_LEVEL\] NoxrunWarning: NOXRUN_CPU is "avx9": only "baseline" and "v3" are allowed/g)?.length, 1)
  t.true(stderr.includes(`running on ${best}`))
})
