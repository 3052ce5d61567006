// node scripts/ship-bare.mjs: the packed package in a root that has Node and its libraries and no sound
// library or server: import, devices, errors, doctor, a rendered file, playback on the virtual device.
// Then the same root with libraries that are whole, broken or incomplete.
import { cpSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { APP, BareRoot, librariesOf, whyNoRoot } from './bare/root.mjs'
import { alsaFunctions, jackFunctions, stub } from './bare/stubs.mjs'
import { Checks } from './lib/checks.mjs'
import { inRoot } from './lib/paths.mjs'
import { ask, tail } from './lib/process.mjs'
import { scratchFolder } from './lib/scratch.mjs'
import { isOnPath } from './setup/system.mjs'
import { installedBinding, packedHere } from './ship/packed.mjs'

const ALSA = 'libasound.so.2'
const JACK = 'libjack.so.0'
const CLI = `${APP}/node_modules/noxrun/dist/src/cli.js`

/**
 * @typedef {{ opened?: boolean, isNoxrunError?: boolean, code?: string, message?: string }} Refusal
 * @typedef {object} Said What scripts/bare/guests/program.mjs prints.
 * @property {string[]} devices
 * @property {Record<'alsa' | 'jack' | 'input' | 'any', Refusal>} refusals
 * @property {number} captured
 * @property {string[]} warnings
 *
 * @typedef {object} Doctor What `noxrun doctor --json` prints, in part.
 * @property {boolean} clean
 * @property {{ name: string, devices: string[], reason: string | null, remedy: string | null }[]} backends
 * @property {{ name: string, backend: string, packages: Record<string, string> }[]} missing
 * @property {{ family: string, command: string }[]} install
 */

const checks = new Checks('bare')

/**
 * @param {unknown} condition
 * @param {string} message
 */
function ensure(condition, message) {
  if (!condition) throw new Error(message)
}

/**
 * @param {BareRoot} root
 * @param {readonly string[]} args
 * @param {Record<string, string>} [variables]
 */
async function must(root, args, variables) {
  const result = await root.node(args, variables)
  if (result.status !== 0) throw new Error(`${args.join(' ')} ended with ${result.status}:\n${tail(result.output, 30)}`)
  return result
}

/**
 * The whole program in the root, which must end well and write nothing but its line.
 * @param {BareRoot} root
 * @param {Record<string, string>} [variables]
 * @returns {Promise<Said>}
 */
async function program(root, variables) {
  const { output, stdout } = await must(root, [`${APP}/program.mjs`], variables)
  const rest = output.replace(stdout, '').trim()
  // Warnings of the package are its own; what a library or a panic writes is not wanted.
  const strange = rest.split('\n').filter((line) => line !== '' && !/NoxrunWarning|--trace-warnings/.test(line))
  ensure(strange.length === 0, `it wrote what nobody asked for:\n${strange.join('\n')}`)
  const said = /** @type {Said} */ (JSON.parse(stdout))
  return said
}

/**
 * @param {Refusal} refusal
 * @param {readonly string[]} words All of them must be in the message.
 */
function isRefused(refusal, words) {
  const said = JSON.stringify(refusal)
  ensure(refusal.isNoxrunError && refusal.code === 'ERR_NO_DEVICE', `not a NoxrunError ERR_NO_DEVICE: ${said}`)
  for (const word of words) ensure(refusal.message?.includes(word), `it does not say ${JSON.stringify(word)}: ${said}`)
}

/**
 * @param {BareRoot} root
 * @param {readonly string[]} libraries
 * @returns {Promise<string[]>}
 */
async function loaderSays(root, libraries) {
  const said = /** @type {string[]} */ (JSON.parse((await must(root, [`${APP}/libraries.mjs`, ...libraries])).stdout))
  return said
}

/** @param {BareRoot} root @returns {Promise<Doctor>} */
async function doctor(root) {
  const said = /** @type {Doctor} */ (JSON.parse((await must(root, [CLI, 'doctor', '--json'])).stdout))
  return said
}

/** @param {BareRoot} root */
async function withoutLibraries(root) {
  await checks.check('no sound library can be opened there, by any name', async () => {
    const names = [ALSA, JACK, 'libasound.so', 'libjack.so', 'libpulse.so.0', 'libpipewire-0.3.so.0']
    const said = await loaderSays(root, names)
    said.forEach((words, i) => ensure(words.includes('No such file'), `${names[i] ?? ''}: ${words}`))
    const [control] = await loaderSays(root, ['libc.so.6'])
    ensure(!control?.includes('No such file'), `the loader finds nothing at all: ${control ?? ''}`)
  })
  await checks.check('the package does its work on the virtual device; opening ALSA or JACK names the package to install', async () => {
    const { devices, captured, warnings, refusals } = await program(root)
    ensure(JSON.stringify(devices) === '["virtual"]', `devices: ${devices.join(', ')}`)
    ensure(captured > 10_000 && warnings.includes('VIRTUAL_DEVICE'), `${captured} frames, warnings ${warnings.join(', ')}`)
    isRefused(refusals.alsa, [`${ALSA} is not installed`, 'libasound2 (Debian', 'alsa-lib (Fedora, Arch, Alpine)'])
    isRefused(refusals.input, [`${ALSA} is not installed`])
    isRefused(refusals.jack, [`${JACK} is not installed`, 'libjack-jackd2-0 (Debian', '(Fedora)', 'jack (Alpine)'])
    isRefused(refusals.any, [ALSA, JACK])
    return `${captured} frames captured`
  })
  await checks.check('a file is rendered: a second of 440 Hz, 16 bits, stereo', () => {
    const wav = readFileSync(path.join(root.dir, 'tmp', 'bare.wav'))
    ensure(wav.toString('latin1', 0, 4) === 'RIFF' && wav.length >= 44 + 48_000 * 4, `no WAV file of a second: ${wav.length} bytes`)
    const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + wav.length - 48_000 * 4, wav.byteOffset + wav.length))
    const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 32768
    ensure(Math.abs(peak - 0.25) < 0.001, `its peak is ${peak}`)
  })
  await checks.check('doctor says which package is missing for which backend, in each distribution', async () => {
    const { stdout } = await must(root, [CLI, 'doctor'])
    for (const wanted of [
      /^ +alsa +ALSA's library/m, /^ +jack +JACK's library/m,
      /Debian, Ubuntu +apt-get install libasound2 .*libjack-jackd2-0/, /Fedora +dnf install alsa-lib/, /Alpine +apk add alsa-lib/,
      /^ +alsa +none: libasound\.so\.2 is not installed/m, /^ +jack +none: libjack\.so\.0 is not installed/m, /The callbacks stayed clean/,
    ]) ensure(wanted.test(stdout), `${wanted} is not in:\n${stdout}`)
  })
  await checks.check('doctor --json says the same; on a distribution that it knows, with that command alone', async () => {
    const { clean, missing, install } = await doctor(root)
    ensure(clean && install.length === 4, JSON.stringify(install))
    for (const backend of ['alsa', 'jack']) {
      const piece = missing.find((one) => one.backend === backend && one.name.includes('library'))
      ensure(['debian', 'fedora', 'arch', 'alpine'].every((family) => piece?.packages[family]), JSON.stringify(piece))
    }
    for (const [release, start] of /** @type {const} */ ([
      ['ID=alpine\nVERSION_ID=3.22.0\n', 'apk add alsa-lib '], ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', 'apt-get install libasound2t64 '],
      ['ID=debian\nVERSION_ID="12"\n', 'apt-get install libasound2 '], ['ID=rocky\nID_LIKE="rhel centos fedora"\n', 'dnf install alsa-lib '],
    ])) {
      const known = await root.withFiles({ '/etc/os-release': release }, () => doctor(root))
      ensure(known.install.length === 1 && known.install[0]?.command.startsWith(start), `${release}: ${JSON.stringify(known.install)}`)
    }
  })
}

/**
 * A library of this machine with all that it needs, as files for a root.
 * @param {BareRoot} root
 * @param {string} name
 * @returns {Record<string, Uint8Array> | null}
 */
function whole(root, name) {
  const line = ask('ldconfig', ['-p'])?.split('\n').find((one) => one.trim().startsWith(`${name} `))
  const file = line?.split('=> ')[1]
  if (file === undefined) return null
  const files = [file, ...librariesOf(file)].map((from) => /** @type {const} */ ([path.join(root.libraryDir, path.basename(from)), from]))
  return Object.fromEntries(files.filter(([to]) => !existsSync(path.join(root.dir, to))).map(([to, from]) => [to, readFileSync(from)]))
}

/** A sound card that swallows everything: it is inside libasound, so nothing else is needed. */
const NULL_CARD = 'pcm.!default { type null }\n'

/** The same checks with the libraries there: were they to pass as before, they would prove nothing. @param {BareRoot} root */
async function withLibraries(root) {
  const asound = whole(root, ALSA)
  const jack = whole(root, JACK)
  if (asound === null || jack === null) {
    checks.skip('control: with both libraries ALSA is listed and no package is missing', 'this machine lacks one of them; `npm run setup` says how to get it')
    return
  }
  await checks.check('control: with both libraries ALSA is listed and no package is missing', async () => {
    await root.withFiles({ ...asound, ...jack, '/etc/null.conf': NULL_CARD }, async () => {
      const variables = { ALSA_CONFIG_PATH: '/etc/null.conf', JACK_NO_START_SERVER: '1' }
      const said = await loaderSays(root, [ALSA, JACK])
      said.forEach((words) => ensure(!words.includes('No such file'), words))
      const { devices, refusals } = await program(root, variables)
      ensure(devices.includes('alsa:default'), `devices: ${devices.join(', ')}`)
      ensure(refusals.alsa.opened, JSON.stringify(refusals.alsa))
      isRefused(refusals.jack, ['no JACK server is running'])
      const { missing } = await doctor(root)
      ensure(!missing.some(({ name }) => name.includes('library')), JSON.stringify(missing))
    })
  })
}

/** @param {BareRoot} root */
async function withBrokenLibraries(root) {
  if (!isOnPath('cc')) {
    checks.skip('libraries that are broken', 'there is no C compiler to make them with (cc)')
    return
  }
  const scratch = scratchFolder('noxrun-stubs')
  for (const [backend, library, functions] of /** @type {const} */ ([['alsa', ALSA, alsaFunctions()], ['jack', JACK, jackFunctions()]])) {
    const all = stub(scratch, functions, { result: backend === 'alsa' ? -19 : 0 })
    const otherWordSize = Uint8Array.from(all)
    // EI_CLASS: 1 is 32 bits, 2 is 64.
    otherWordSize[4] = all[4] === 2 ? 1 : 2
    const dropped = functions[functions.length >> 1] ?? ''
    const text = 'This is a text of several lines.\n'.repeat(100)
    /** What the library is, and what the error says of it. @type {[string | Uint8Array, string][]} */
    const cases = [
      [text, 'invalid ELF header'],
      ['', 'file too short'],
      [otherWordSize, 'wrong ELF class'],
      [stub(scratch, [], { needs: 'libnoxrun-nowhere.so.1' }), 'libnoxrun-nowhere.so.1'],
      [stub(scratch, []), `lacks ${functions[0] ?? ''}`],
      [stub(scratch, functions.filter((name) => name !== dropped)), `lacks ${dropped};`],
    ]
    /** @type {<T>(content: string | Uint8Array, body: () => Promise<T>) => Promise<T>} */
    const being = (content, body) => root.withFiles({ [path.join(root.libraryDir, library)]: content }, body)
    for (const [content, says] of cases) {
      await checks.check(`${library} broken: opening says "${says}", and nothing else is harmed`, () => being(content, async () => {
        const { devices, refusals } = await program(root)
        ensure(JSON.stringify(devices) === '["virtual"]', `devices: ${devices.join(', ')}`)
        isRefused(refusals[backend], [library, says])
        ensure(!refusals[backend].message?.includes('is not installed'), refusals[backend].message ?? '')
      }))
    }
    await checks.check(`${library}: doctor tells a broken one from one that is not there`, async () => {
      const { backends, missing, clean } = await being(text, () => doctor(root))
      const state = backends.find(({ name }) => name === backend)
      ensure(clean && state?.reason?.startsWith(`${library} cannot be loaded`), JSON.stringify(state))
      ensure(missing.some((one) => one.backend === backend && one.name.includes('library')), JSON.stringify(missing))
    })
    // What the two lists of functions promise: these are enough, so nothing else is ever looked for.
    await checks.check(`${library}: with exactly the ${functions.length} functions that are looked for, it is used, and its refusals are borne`, () => being(all, async () => {
      const { devices, refusals } = await program(root)
      ensure(JSON.stringify(devices) === '["virtual"]', `devices: ${devices.join(', ')}`)
      isRefused(refusals[backend], [`${backend}:default`])
      ensure(!refusals[backend].message?.includes(library), refusals[backend].message ?? '')
    }))
  }
}

const why = whyNoRoot()
if (why !== null) {
  checks.skip('a root without sound libraries', why)
  if (process.env['CI']) await checks.check('in CI a skipped proof is a failure', () => { throw new Error(why) })
} else {
  const packed = await packedHere()
  try {
    const installed = await packed.consumers.install('bare')
    const root = new BareRoot(scratchFolder('noxrun-bare'))
    root.addLibrariesOf(installedBinding(installed))
    cpSync(installed, path.join(root.dir, APP), { recursive: true })
    cpSync(inRoot('scripts', 'bare', 'guests'), path.join(root.dir, APP), { recursive: true })
    await withoutLibraries(root)
    await withLibraries(root)
    await withBrokenLibraries(root)
  } finally {
    await packed.close()
  }
}
checks.finish()
