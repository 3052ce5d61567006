// What the command line says of itself, and of wrong calls.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import test from 'ava'
import { CLI, folder, inFolder, json, noxrun, useFolder } from './run'

useFolder(test)

const COMMANDS = ['demo', 'devices', 'play', 'record', 'doctor']

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
    play: ['device', 'volume', 'loop', 'start', 'json'],
    record: ['device', 'rate', 'channels', 'duration', 'format', 'json'],
    doctor: ['device', 'json'],
  }
  for (const [name, flags] of Object.entries(options)) {
    const [long, short] = await Promise.all([noxrun([name, '--help']), noxrun([name, '-h'])])
    t.is(long.status, 0)
    t.is(long.stdout, short.stdout)
    t.true(long.stdout.startsWith(`usage: noxrun ${name}`))
    for (const flag of [...flags, 'help']) t.regex(long.stdout, new RegExp(`^  .*--${flag}\\b.*  [A-Z]`, 'm'))
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
  [['play', '--loop'], /play needs at least one FILE/],
  [['play', 'a.wav', '--loop=2'], /--loop takes no value, got '2'/],
  [['play', 'a.wav', '--start'], /--start needs a value: --start SECONDS/],
  [['play', 'a.wav', '--start', '--loop'], /--start needs a value before '--loop'/],
  [['play', 'a.wav', '--start', '-1'], /--start must be a number of seconds from 0 to \d+, got '-1'/],
  [['play', 'a.wav', '--start', '1:30'], /--start must be a number of seconds from 0 to \d+, got '1:30'/],
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
