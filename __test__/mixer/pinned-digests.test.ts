// The control sessions sound as they did: digests.json keeps their digests, by seed. A change of the
// sound that is meant renders them anew; every other change leaves them as they are.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { render } from '../../index'
import { control, controlOptions } from './control-session'
import { digest } from './session'

const pinned = JSON.parse(readFileSync('__test__/mixer/digests.json', 'utf8')) as { control: string[] }

async function controlled(seed: number, blockSize: number): Promise<{ digest: string; peak: number }> {
  const { channelData, peak } = await render({ ...controlOptions(seed), blockSize }, (engine) => control(engine, seed))
  return { digest: digest(channelData), peak }
}

test('200 random control sessions sound as they did, each of its own and below the safety stage', async (t) => {
  t.is(pinned.control.length, 200)
  t.is(new Set(pinned.control).size, 200)
  for (const [seed, expected] of pinned.control.entries()) {
    const one = await controlled(seed, 256)
    t.is(one.digest, expected, `seed ${seed}`)
    t.true(one.peak > 0.01 && one.peak < 0.98, `seed ${seed}: ${one.peak}`)
  }
})

// A quarter of them at each of the other sizes, not the same quarter.
for (const [blockSize, first, step] of [[64, 0, 1], [7, 0, 4], [511, 1, 4], [4096, 2, 4]] as const) {
  test(`random control sessions sound as they did in blocks of ${blockSize} frames`, async (t) => {
    for (const [seed, expected] of pinned.control.entries()) {
      if (seed % step !== first) continue
      t.is((await controlled(seed, blockSize)).digest, expected, `seed ${seed}`)
    }
  })
}

test('200 random control sessions sound as they did on baseline', async (t) => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path.join(__dirname, 'digest-child.js'), String(pinned.control.length), 'control'],
    { env: { ...process.env, NOXRUN_CPU: 'baseline' } },
  )
  t.deepEqual(stdout.trim().split('\n'), ['baseline', ...pinned.control])
})
