// `noxrun play --start` and `--loop`.
import { writeFile } from 'node:fs/promises'
import test from 'ava'
import { noise, wavFile } from '../support/signal'
import { hasSounded, inFolder, interrupted, json, noxrun, useFolder } from './run'

useFolder(test)

const RATE = 48_000

interface Played {
  files: { path: string; start: number; frames: number }[]
  sampleRate: number
  stopped: boolean
}

/** Writes files of so many frames; their names. */
async function files(...lengths: number[]): Promise<string[]> {
  const names = lengths.map((frames, i) => `${frames}-${i}.wav`)
  for (const [i, frames] of lengths.entries()) {
    await writeFile(inFolder(names[i] ?? ''), wavFile([noise(frames, i).map((x) => x / 8)], RATE))
  }
  return names
}

const play = (...args: string[]): string[] => ['play', ...args, '--device', 'virtual', '--json']

test.serial('--start begins within the first file, and the next one follows without a gap', async (t) => {
  const names = await files(24_001, 4800)
  const outcome = await noxrun(play(...names, '--start', '0.25'))
  t.is(outcome.status, 0)
  t.is(outcome.stderr, '')
  const played = json(outcome) as Played
  const first = played.files[0]?.start ?? NaN
  t.deepEqual(played.files, [
    { path: names[0], start: first, frames: 24_001 - 12_000 },
    { path: names[1], start: first + 12_001, frames: 4800 },
  ] as Played['files'])
  t.false(played.stopped)
})

test.serial('--start 0 is the beginning, and its time is that of the file, whatever its rate', async (t) => {
  await writeFile(inFolder('other.wav'), wavFile([noise(11_025, 1)], 44_100))
  const whole = json(await noxrun(play('other.wav', '--start', '0'))) as Played
  const half = json(await noxrun(play('other.wav', '--start', '0.125'))) as Played
  t.is(whole.files[0]?.frames, Math.round(0.25 * whole.sampleRate))
  t.is(half.files[0]?.frames, Math.round(0.25 * half.sampleRate) - Math.round(0.125 * half.sampleRate))
})

test.serial('--start beyond the end is wrong usage, and nothing is played', async (t) => {
  const names = await files(4800, 48_000)
  for (const start of ['0.1', '0.5', '1000']) {
    const { status, stdout, stderr } = await noxrun(play(...names, '--start', start))
    t.is(status, 2)
    t.is(stdout, '')
    t.regex(stderr, new RegExp(`--start must be before the end of ${names[0] ?? ''}, .*, got '${start}'`))
  }
})

for (const [name, lengths] of [['a file', [4800]], ['a list', [2400, 1201]]] as const) {
  test.serial(`--loop repeats ${name} until it is stopped`, async (t) => {
    const names = await files(...lengths)
    // Played once, they would be over long before.
    const outcome = await interrupted(play(...names, '--loop'), 'SIGINT', hasSounded(1000))
    t.is(outcome.status, 130)
    t.is(outcome.stderr, '')
    const played = json(outcome) as Played
    t.true(played.stopped)
    // The list is told once, as it was played first.
    t.deepEqual(played.files.map(({ path, frames }) => [path, frames]), names.map((one, i) => [one, lengths[i]]))
  })
}

test.serial('--loop with --start begins there and is stopped by SIGTERM too', async (t) => {
  const [name = ''] = await files(9600)
  const outcome = await interrupted(play(name, '--loop', '--start', '0.15'), 'SIGTERM', hasSounded(1000))
  t.is(outcome.status, 143)
  t.is((json(outcome) as Played).files[0]?.frames, 2400)
})

test.serial('nothing can be repeated of files without frames: play ends', async (t) => {
  const names = await files(0, 0)
  const outcome = await noxrun(play(...names, '--loop'))
  t.is(outcome.status, 0)
  t.deepEqual((json(outcome) as Played).files.map(({ frames }) => frames), [0, 0])
})
