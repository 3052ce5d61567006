// The command line, as somebody at a terminal or a script would run it: `dist/src/cli.js` in a
// process of its own, on the virtual device.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { wavFile } from './support/signal'

const CLI = path.resolve('dist', 'src', 'cli.js')
const COMMANDS = ['demo', 'devices', 'play', 'record', 'doctor']
const ESCAPE = '\x1b'

interface Outcome {
  status: number | null
  stdout: string
  /** Without the warnings: what they say is the machine's business, as its want of priority. */
  stderr: string
}

const withoutWarnings = (stderr: string): string => stderr.replaceAll(/^noxrun: warning: .*\n/gm, '')

let folder = ''
const inFolder = (name: string): string => path.join(folder, name)

test.before('a folder for the files', async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'noxrun-cli-'))
})
test.after.always('the folder goes', () => rm(folder, { recursive: true, force: true }))

/** Runs `noxrun` to its end. */
function noxrun(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const options = { cwd: folder, env: { ...process.env, ...env }, timeout: 60_000 }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], options, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr: withoutWarnings(stderr) })
    })
  })
}

/** The one line of JSON that a command wrote. */
function json({ stdout }: Outcome): unknown {
  if (!/^[^\n]+\n$/.test(stdout)) throw new Error(`not one line: ${JSON.stringify(stdout)}`)
  return JSON.parse(stdout)
}

interface WavContent {
  format: 'integer' | 'float'
  bits: number
  channels: number
  sampleRate: number
  frames: number
  /** Highest sample of each channel; of 32-bit float only. */
  peaks: number[]
}

/** Reads a WAV file by the book, and refuses one whose sizes do not add up. */
async function readWav(file: string): Promise<WavContent> {
  const bytes = await readFile(file)
  const tag = (at: number): string => bytes.toString('latin1', at, at + 4)
  if (tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new Error('no RIFF WAVE file')
  if (bytes.readUInt32LE(4) !== bytes.length - 8) throw new Error('the RIFF size is not that of the file')
  const chunks = new Map<string, Buffer>()
  for (let at = 12; at < bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4)
    if (at + 8 + size > bytes.length) throw new Error(`chunk ${tag(at)} is longer than the file`)
    chunks.set(tag(at), bytes.subarray(at + 8, at + 8 + size))
    at += 8 + size + (size % 2)
  }
  const [head, data] = [chunks.get('fmt '), chunks.get('data')]
  if (!head || !data) throw new Error('there is no fmt or no data')
  // An extensible header keeps the format in the first two bytes of its GUID.
  const code = head.readUInt16LE(0) === 0xfffe ? head.readUInt16LE(24) : head.readUInt16LE(0)
  const [channels, sampleRate, bits] = [head.readUInt16LE(2), head.readUInt32LE(4), head.readUInt16LE(14)]
  const frames = data.length / (channels * (bits / 8))
  if (!Number.isInteger(frames)) throw new Error('the last frame is not whole')
  const peaks = new Array<number>(channels).fill(0)
  for (let at = 0; bits === 32 && at < data.length; at += 4) {
    const channel = (at / 4) % channels
    peaks[channel] = Math.max(peaks[channel] ?? 0, Math.abs(data.readFloatLE(at)))
  }
  return { format: code === 3 ? 'float' : 'integer', bits, channels, sampleRate, frames, peaks }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Runs `noxrun` until `isUnderWay`, sends a signal, and waits for its end. */
async function interrupted(
  args: readonly string[],
  signal: NodeJS.Signals,
  isUnderWay: () => boolean | Promise<boolean>,
): Promise<Outcome> {
  const child: ChildProcess = spawn(process.execPath, [CLI, ...args], { cwd: folder })
  const outcome: Outcome = { status: null, stdout: '', stderr: '' }
  child.stdout?.on('data', (text) => (outcome.stdout += String(text)))
  child.stderr?.on('data', (text) => (outcome.stderr += String(text)))
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  while (child.exitCode === null && !(await isUnderWay())) await sleep(20)
  child.kill(signal)
  outcome.status = await closed
  return { ...outcome, stderr: withoutWarnings(outcome.stderr) }
}

// ── words ──────────────────────────────────────────────────────────────────────────────────────

test.serial('--help lists every command that there is, and none that is not', async (t) => {
  for (const flag of ['--help', '-h']) {
    const { status, stdout, stderr } = await noxrun([flag])
    t.is(status, 0)
    t.is(stderr, '')
    t.true(stdout.startsWith('usage: noxrun COMMAND'))
    for (const name of COMMANDS) t.regex(stdout, new RegExp(`^  ${name} +[A-Z]`, 'm'))
    t.notRegex(stdout, /render|monitor/)
  }
})

test.serial('--help of a command shows its usage and each of its options', async (t) => {
  const options: Record<string, string[]> = {
    demo: ['device', 'out', 'seconds', 'json'],
    devices: ['json'],
    play: ['device', 'volume', 'json'],
    record: ['device', 'rate', 'channels', 'duration', 'format', 'json'],
    doctor: ['device', 'json'],
  }
  for (const [name, flags] of Object.entries(options)) {
    const [long, short] = await Promise.all([noxrun([name, '--help']), noxrun([name, '-h'])])
    t.is(long.status, 0)
    t.is(long.stdout, short.stdout)
    t.true(long.stdout.startsWith(`usage: noxrun ${name}`))
    for (const flag of [...flags, 'help']) t.regex(long.stdout, new RegExp(`^  .*--${flag}\\b.*  [A-Z]`, 'm'))
    t.notRegex(long.stdout, /--loop|--start/)
    for (const line of long.stdout.split('\n').slice(1)) t.true(line.length <= 100, line)
  }
})

test.serial("--version is the package's", async (t) => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
  t.is((await noxrun(['--version'])).stdout, `${version}\n`)
})

const WRONG: [args: string[], says: RegExp][] = [
  [[], /a command is missing; the commands are demo, devices, play, record, doctor/],
  [['perform'], /there is no command 'perform'; the commands are demo/],
  [['render', 'x.json'], /there is no command 'render'/],
  [['--loud'], /there is no option '--loud'/],
  [['devices', '--loud'], /devices has no option '--loud'; it takes --json, --help/],
  [['devices', '-j'], /devices has no option '-j'/],
  [['devices', 'all'], /devices takes no arguments, got 'all' as well/],
  [['devices', '--json=1'], /--json takes no value, got '1'/],
  [['play'], /play needs at least one FILE/],
  [['play', ''], /argument 1 of play is empty/],
  [['play', 'a.wav', '--loop'], /play has no option '--loop'/],
  [['play', 'a.wav', '--start', '1'], /play has no option '--start'/],
  [['play', 'a.wav', '--volume', '-1'], /--volume must be a number from 0 to 4, got '-1'/],
  [['play', 'a.wav', '--volume', '4.001'], /--volume must be a number from 0 to 4, got '4.001'/],
  [['play', 'a.wav', '--volume', '0x1'], /--volume must be a number from 0 to 4, got '0x1'/],
  [['play', 'a.wav', '--volume'], /--volume needs a value: --volume GAIN/],
  [['play', 'a.wav', '--volume='], /--volume needs a value: --volume GAIN/],
  [['play', 'a.wav', '--device', '--volume', '1'], /--device needs a value before '--volume'/],
  [['record'], /record needs OUT.wav/],
  [['record', 'a.wav', 'b.wav'], /record takes only OUT.wav, got 'b.wav' as well/],
  [['record', 'a.mp3'], /OUT.wav must end in .wav, got 'a.mp3'/],
  [['record', 'a.wav', '--rate', '44100.5'], /--rate must be a whole number of Hz from 1000 to 768000, got '44100.5'/],
  [['record', 'a.wav', '--channels', '33'], /--channels must be a whole number from 1 to 32, got '33'/],
  [['record', 'a.wav', '--duration', '0'], /--duration must be a number of seconds from 0.01 to 1000000, got '0'/],
  [['record', 'a.wav', '--duration', 'long'], /--duration must be .*, got 'long'/],
  [['record', 'a.wav', '--format', 'mp3'], /--format must be f32, s24 or s16, got 'mp3'/],
  [['demo', '--seconds', '61'], /--seconds must be a number of seconds from 1 to 60, got '61'/],
  [['demo', '--out', 'x.flac'], /--out must end in .wav, got 'x.flac'/],
]

for (const [args, says] of WRONG) {
  test.serial(`wrong usage is told: noxrun ${args.map((arg) => arg || "''").join(' ')}`, async (t) => {
    const { status, stdout, stderr } = await noxrun(args)
    t.is(status, 2)
    t.is(stdout, '')
    t.regex(stderr, says)
    const command = COMMANDS.find((name) => name === args[0])
    t.regex(stderr, new RegExp(`^usage: noxrun ${command ?? 'COMMAND'}`, 'm'))
  })
}

test.serial('wrong usage leaves no file behind', async (t) => {
  await noxrun(['record', 'never.wav', '--channels', '0'])
  t.false(existsSync(inFolder('never.wav')))
})

const FAILING: [args: string[], says: RegExp][] = [
  [['play', 'not-there.wav', '--device', 'virtual'], /^noxrun: .*not-there\.wav.* \(ERR_NOT_FOUND\)\n$/],
  [['play', '.', '--device', 'virtual'], /^noxrun: .* \(ERR_IO\)\n$/],
  [['record', 'no-folder/a.wav', '--device', 'virtual'], /^noxrun: .*no-folder.* \(ERR_NOT_FOUND\)\n$/],
  [['record', 'a.wav', '--device', 'no such device'], /^noxrun: .*"no such device".* \(ERR_NO_DEVICE\)\n$/],
  [['demo', '--device', 'no such device'], /^noxrun: .*"no such device".* \(ERR_NO_DEVICE\)\n$/],
  [['doctor', '--json', '--device', 'no such device'], /^noxrun: .*"no such device".* \(ERR_NO_DEVICE\)\n$/],
]

for (const [args, says] of FAILING) {
  test.serial(`a failure is one line with its code: noxrun ${args.join(' ')}`, async (t) => {
    const { status, stdout, stderr } = await noxrun(args)
    t.is(status, 1)
    t.is(stdout, '')
    t.regex(stderr, says)
  })
}

// ── devices ────────────────────────────────────────────────────────────────────────────────────

test.serial('devices lists the virtual device, for people and for programs', async (t) => {
  const outcome = await noxrun(['devices', '--json'])
  t.is(outcome.status, 0)
  const devices = json(outcome) as { id: string; backend: string; isDefaultOutput: boolean }[]
  const virtual = devices.find(({ id }) => id === 'virtual')
  t.like(virtual, { backend: 'virtual', isDefaultOutput: false, inputChannels: 2, outputChannels: 2 })
  const table = (await noxrun(['devices'])).stdout.trimEnd().split('\n')
  t.is(table.length, devices.length + 1)
  t.regex(table[0] ?? '', /^ID +NAME +BACKEND +IN +OUT/)
  t.true(table.some((line) => /^virtual +Virtual device +virtual +2 +2 +48\b/.test(line)))
})

test.serial('a reader of stdout that leaves early is no failure', async (t) => {
  const child = spawn(process.execPath, [CLI, 'devices'], { cwd: folder })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (text) => (stderr += String(text)))
  t.is(await new Promise((resolve) => child.once('close', resolve)), 0)
  t.is(stderr, '')
})

// ── demo ───────────────────────────────────────────────────────────────────────────────────────

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
    file: 'demo.wav',
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

// ── record ─────────────────────────────────────────────────────────────────────────────────────

const RECORDINGS = [
  { flags: [], channels: 1, sampleRate: 48_000, format: 'float', bits: 32 },
  { flags: ['--format', 's16', '--channels', '2'], channels: 2, sampleRate: 48_000, format: 'integer', bits: 16 },
  { flags: ['--format', 's24', '--rate', '16000'], channels: 1, sampleRate: 16_000, format: 'integer', bits: 24 },
]

for (const { flags, ...expected } of RECORDINGS) {
  test.serial(`record writes what was asked for: ${flags.join(' ') || 'by default'}`, async (t) => {
    const args = ['record', 'take.wav', '--device', 'virtual', '--duration', '0.5', '--json', ...flags]
    const outcome = await noxrun(args)
    t.is(outcome.status, 0)
    t.is(outcome.stderr, '')
    const wav = await readWav(inFolder('take.wav'))
    t.like(wav, expected)
    t.like(json(outcome), { path: 'take.wav', frames: wav.frames, dropped: 0, device: 'virtual' })
    // Never less than was asked for; how much more depends on when a busy machine stops it.
    t.true(wav.frames >= 0.5 * expected.sampleRate)
  })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test.serial(`record that ${signal} stops is complete, and a success`, async (t) => {
    const file = inFolder(`${signal}.wav`)
    const isUnderWay = async (): Promise<boolean> => existsSync(file) && (await readFile(file)).length > 20_000
    const outcome = await interrupted(['record', file, '--device', 'virtual'], signal, isUnderWay)
    t.is(outcome.status, 0)
    t.is(outcome.stderr, '')
    const { frames } = await readWav(file)
    t.true(frames > 4000)
    const told = frames.toLocaleString('en-US')
    t.true(outcome.stdout.startsWith(`${file}: ${told} frames, `), outcome.stdout)
    t.true(outcome.stdout.endsWith(', 0 samples dropped\n'))
  })
}

// ── play ───────────────────────────────────────────────────────────────────────────────────────

const tone = (frames: number): Float32Array =>
  Float32Array.from({ length: frames }, (_, n) => 0.4 * Math.sin((2 * Math.PI * 330 * n) / 48_000))

test.serial('play joins files without a gap', async (t) => {
  const lengths = [12_001, 7777, 9600]
  const files = lengths.map((_, i) => `part-${i}.wav`)
  for (const [i, frames] of lengths.entries()) {
    await writeFile(inFolder(files[i] ?? ''), wavFile([tone(frames)], 48_000))
  }
  const outcome = await noxrun(['play', ...files, '--device', 'virtual', '--volume', '0.5', '--json'])
  t.is(outcome.status, 0)
  const result = json(outcome) as { files: { path: string; start: number; frames: number }[]; stopped: boolean }
  t.false(result.stopped)
  t.deepEqual(result.files.map(({ path }) => path), files)
  t.deepEqual(result.files.map(({ frames }) => frames), lengths)
  const first = result.files[0]?.start ?? NaN
  t.deepEqual(result.files.map(({ start }) => start - first), [0, 12_001, 12_001 + 7777])
})

test.serial('play is quiet when nobody looks', async (t) => {
  await writeFile(inFolder('quiet.wav'), wavFile([tone(4800)], 44_100))
  const outcome = await noxrun(['play', 'quiet.wav', '--device', 'virtual'])
  t.deepEqual(outcome, { status: 0, stdout: '', stderr: '' })
})

test.serial('play plays nothing when one of the files cannot be played, and names it', async (t) => {
  await writeFile(inFolder('good.wav'), wavFile([tone(48_000)], 48_000))
  await writeFile(inFolder('bad.wav'), 'This is no sound.')
  const { status, stdout, stderr } = await noxrun(['play', 'good.wav', 'bad.wav', '--device', 'virtual', '--json'])
  t.is(status, 1)
  t.is(stdout, '')
  t.regex(stderr, /^noxrun: .*bad\.wav.* \(ERR_DECODE\)\n$/)
})

test.serial('play that is stopped ends with the status of its signal', async (t) => {
  await writeFile(inFolder('long.wav'), wavFile([tone(480_000)], 48_000))
  for (const [signal, expected] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    const started = Date.now()
    const args = ['play', 'long.wav', '--device', 'virtual', '--json']
    // Nothing shows from outside that it plays; before that a signal ends it in the same way.
    const outcome = await interrupted(args, signal, () => Date.now() - started > 1000)
    t.is(outcome.status, expected)
    t.is(outcome.stderr, '')
    t.true((json(outcome) as { stopped: boolean }).stopped)
  }
})

// ── doctor ─────────────────────────────────────────────────────────────────────────────────────

interface DoctorJson {
  versions: { noxrun: string; node: string }
  devices: { id: string }[]
  missing: unknown[]
  findings: string[]
  clean: boolean
  proof: {
    playback: { callbacks: number; controlQueue: { pushed: number }; audioThread: object }
    capture: { callbacks: number; dropped: number; audioThread: object }
  }
}

test.serial('doctor proves that the callbacks stay clean', async (t) => {
  const outcome = await noxrun(['doctor', '--json'])
  t.is(outcome.status, 0)
  const { versions, devices, missing, findings, clean, proof } = json(outcome) as DoctorJson
  t.is(versions.node, process.versions.node)
  t.true(devices.some(({ id }) => id === 'virtual'))
  t.true(Array.isArray(missing))
  t.deepEqual(findings, [])
  t.true(clean)
  t.like(proof.playback.audioThread, { allocations: 0, frees: 0, blocked: 0 })
  t.like(proof.capture.audioThread, { allocations: 0, frees: 0 })
  t.is(proof.capture.dropped, 0)
  // It is no proof unless something happened.
  t.true(proof.playback.callbacks > 100 && proof.capture.callbacks > 100)
  t.true(proof.playback.controlQueue.pushed > 1000)
})

// ── a terminal ─────────────────────────────────────────────────────────────────────────────────

const hasScript = existsSync('/usr/bin/script')
const onTerminal = hasScript ? test.serial : test.serial.skip

/** Runs `noxrun` in a terminal of its own; everything that it drew. */
async function drawn(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const command = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(' ')
  const options = { cwd: folder, env: { ...process.env, TERM: 'xterm', ...env } }
  return new Promise((resolve, reject) => {
    execFile('/usr/bin/script', ['-qec', command, '/dev/null'], options, (error, stdout) => {
      if (error) reject(new Error(stdout, { cause: error }))
      else resolve(stdout)
    })
  })
}

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
