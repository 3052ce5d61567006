// `noxrun demo`, piped and on a terminal.
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import test from 'ava'
import { drawn, ESCAPE, inFolder, interrupted, json, noxrun, readWav, useFolder } from './run'

useFolder(test)

interface DemoJson {
  device: string
  standInBecause: string | null
  playedFrames: number
  capturedFrames: number
  dropped: number
  allocations: number
  frees: number
  file: string
  clean: boolean
}

test.serial('demo plays and captures without allocating or losing anything', async (t) => {
  const outcome = await noxrun(['demo', '--json', '--device', 'virtual', '--seconds', '1', '--out', 'demo.wav'])
  t.is(outcome.status, 0)
  t.is(outcome.stderr, '')
  const result = json(outcome) as DemoJson
  t.like(result, {
    device: 'virtual', standInBecause: null, dropped: 0, allocations: 0, frees: 0, clean: true,
    file: 'demo.wav', stopped: false,
  })
  const wav = await readWav(inFolder('demo.wav'))
  t.like(wav, { format: 'float', bits: 32, channels: 2, sampleRate: 48_000, frames: result.capturedFrames })
  t.true(wav.frames >= 48_000 && result.playedFrames >= wav.frames)
  // Somewhere in it there is music, on both sides, and it is not clipped.
  for (const peak of wav.peaks) t.true(peak > 0.1 && peak < 1, `peak ${peak}`)
})

/** An environment in which neither ALSA nor JACK leads anywhere. */
function withoutDevices(): NodeJS.ProcessEnv {
  return {
    ALSA_CONFIG_PATH: inFolder('empty-asound.conf'),
    JACK_DEFAULT_SERVER: `none-${process.pid}`,
    JACK_NO_START_SERVER: '1',
  }
}

test.serial('demo says so when the virtual device stands in, and ends in its summary', async (t) => {
  await writeFile(inFolder('empty-asound.conf'), '')
  const { status, stdout } = await noxrun(['demo', '--seconds', '1'], withoutDevices())
  t.is(status, 0)
  t.regex(stdout, /^No sound will be heard: the virtual device stands in, because there is no usable output device/)
  t.regex(stdout, /^ +played +[\d,]+ frames, \d+ xruns?$/m)
  t.regex(stdout, /^ +captured +[\d,]+ frames, 0 dropped, peak -\d+\.\d dB, from the device's loopback$/m)
  t.regex(stdout, /: 0 allocations, 0 frees$/m)
  t.regex(stdout, /^ +load +p50 [\d.]+ %, p99 [\d.]+ %, max [\d.]+ %/m)
  t.regex(stdout, /^ +buffer +[\d,]+ frames granted, latency [\d.]+ ms/m)
  t.regex(stdout, /^ +file +noxrun-demo\.wav$/m)
  t.false(stdout.includes(ESCAPE))
  t.true((await readWav(inFolder('noxrun-demo.wav'))).frames >= 48_000)
})

test.serial('a demo that is stopped keeps what it captured', async (t) => {
  const file = inFolder('stopped.wav')
  const args = ['demo', '--device', 'virtual', '--out', file]
  const { status } = await interrupted(args, 'SIGINT', async () => existsSync(file) && (await readFile(file)).length > 100_000)
  t.is(status, 130)
  t.true((await readWav(file)).frames > 10_000)
})

test.serial('a demo that is stopped prints its line of JSON, too', async (t) => {
  const file = inFolder('stopped-json.wav')
  const args = ['demo', '--json', '--device', 'virtual', '--out', file]
  const outcome = await interrupted(args, 'SIGTERM', async () => existsSync(file) && (await readFile(file)).length > 100_000)
  t.is(outcome.status, 143)
  t.is(outcome.stderr, '')
  const { frames } = await readWav(file)
  t.like(json(outcome), { device: 'virtual', file, stopped: true, capturedFrames: frames, dropped: 0, allocations: 0 })
})

const hasScript = existsSync('/usr/bin/script')
const onTerminal = hasScript ? test.serial : test.serial.skip

onTerminal('on a terminal there are live meters, and the cursor comes back', async (t) => {
  const screen = await drawn(['demo', '--device', 'virtual', '--seconds', '1'], { LANG: 'C.UTF-8', NO_COLOR: '' })
  for (const part of ['bass', 'chords', 'lead', 'drums']) t.true(screen.includes(`  ${part}`))
  t.true(screen.includes('█'))
  t.true(screen.includes(`${ESCAPE}[32m`))
  const last = (code: string): number => screen.lastIndexOf(`${ESCAPE}${code}`)
  t.true(last('[?25h') > last('[?25l'), 'the cursor is shown again')
  t.true(screen.lastIndexOf('played') > last('[?25h'), 'the summary stays')
})

onTerminal('NO_COLOR takes the colours away, and a plain locale the block characters', async (t) => {
  const env = { LANG: 'C', LC_ALL: 'C', LC_CTYPE: 'C', NO_COLOR: '1' }
  const screen = await drawn(['demo', '--device', 'virtual', '--seconds', '1'], env)
  t.true(screen.includes('#'))
  t.notRegex(screen.replaceAll(ESCAPE, '^'), /\^\[\d+m/)
  // eslint-disable-next-line no-control-regex -- that there are none but these is the point
  t.notRegex(screen, /[^\x00-\x7f]/)
})
