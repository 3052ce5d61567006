// Resampling: what a 10 ms block costs, and what comes through, beside libsoxr and rubato.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inRoot } from '../scripts/lib/paths.mjs'
import { run } from '../scripts/lib/process.mjs'
import { pinning } from './lib/child.mjs'
import { printTable, printVerdict } from './lib/figures.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '30' } } })
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a whole number from 1, got ${values.rounds}`)

const folder = fileURLToPath(new URL('resample', import.meta.url))
/** Where all goes that this makes. */
const made = inRoot('target', 'bench-resample')
/** Of soxr HQ's cost, what ours may cost. */
const MOST_COST = 4

/**
 * Runs a command and gives what it printed.
 * @param {string} command
 * @param {string[]} args
 */
async function output(command, args) {
  const { status, stdout, output: all } = await run(command, args)
  if (status !== 0) throw new Error(`${path.basename(command)} ended with status ${status}:\n${all.trim().slice(-2000)}`)
  return stdout
}

/** Builds the program that measures, and runs it on one core. */
async function measure() {
  console.log('building what measures (a crate of its own, with rubato)')
  const manifest = path.join(folder, 'Cargo.toml')
  await output('cargo', ['build', '--release', '--locked', '--quiet', '--manifest-path', manifest, '--target-dir', made])
  const program = path.join(made, 'release', 'noxrun-bench-resample')
  const core = String(availableParallelism() - 1)
  const canPin = spawnSync('taskset', ['-c', core, 'true']).status === 0
  const [command, ...args] = [...(canPin ? ['taskset', '-c', core] : []), program, String(rounds)]
  return JSON.parse((await output(command, args)).trim().split('\n').at(-1))
}

/** Draws the frequency responses, with matplotlib in a virtual environment of its own. */
async function plot(figures) {
  const environment = path.join(made, 'venv')
  const python = path.join(environment, 'bin', 'python')
  if (!existsSync(python)) await output('python3', ['-m', 'venv', environment])
  await output(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', path.join(folder, 'requirements.txt')])
  const [data, picture] = [path.join(made, 'figures.json'), path.join(made, 'responses.png')]
  writeFileSync(data, JSON.stringify(figures))
  await output(python, [path.join(folder, 'plot.py'), data, picture])
  return path.relative(process.cwd(), picture)
}

const us = (ns) => (ns / 1000).toFixed(2)
const times = (ratio) => (ratio === null ? '-' : `${ratio.toFixed(2)} ×`)
const db = (value, digits) => (value === null ? '-' : value.toFixed(digits))

function printSpeed({ from, to, subjects }) {
  const cells = ({ mean, median, p99, ratio }) => [us(mean), us(median), us(p99), times(ratio)]
  printTable([
    [`${from} to ${to} Hz, µs a block`, 'mono mean', 'median', 'p99', 'of soxr HQ', 'stereo mean', 'median', 'p99', 'of soxr HQ'],
    ...subjects.map(({ name, mono, stereo }) => [name, ...cells(mono), ...cells(stereo)]),
  ])
}

function printQuality({ from, to, subjects }) {
  const measured = subjects.filter(({ quality }) => quality !== undefined)
  if (measured.length === 0) return
  printTable([
    [`${from} to ${to} Hz`, from > to ? 'above Nyquist, dB' : 'images, dB', 'flat to 0.9, ± dB', 'THD+N, dB', 'delay, ms'],
    ...measured.map(({ name, quality: { stop, flat, rest, delay } }) => [
      name, db(stop, 1), db(flat, 4), db(rest, 1), db(delay, 2),
    ]),
  ])
}

function printVerdicts({ from, to, subjects }) {
  const ours = subjects.find(({ name }) => name === 'noxrun balanced')
  if (ours.quality === undefined) return
  const { stop, flat, rest, delay } = ours.quality
  const pair = `${from} to ${to} Hz, balanced`
  const beyond = from > to ? 'above the new Nyquist frequency' : 'images'
  printVerdict(stop !== null && stop <= -120, `${pair}: ${beyond} at ${db(stop, 1)} dB (target ≤ −120 dB)`)
  printVerdict(flat !== null && flat <= 0.05, `${pair}: flat within ${db(flat, 4)} dB to 0.9 of it (target ≤ 0.05 dB)`)
  printVerdict(rest !== null && rest <= -130, `${pair}: THD+N ${db(rest, 1)} dB (target ≤ −130 dB)`)
  printVerdict(delay !== null && delay <= 7, `${pair}: delay ${db(delay, 2)} ms (target ≤ 7 ms)`)
  for (const channels of ['mono', 'stereo']) {
    const { ratio } = ours[channels]
    printVerdict(
      ratio !== null && ratio <= MOST_COST,
      `${pair}, ${channels}: ${ratio === null ? 'not measured' : times(ratio)} the processor time of soxr HQ (target ≤ ${MOST_COST} ×)`,
    )
  }
}

mkdirSync(made, { recursive: true })
const figures = await measure()
if (figures.soxr === null) console.log('There is no libsoxr.so.0 (Debian: libsoxr0): the comparison with it is left out.')
else console.log(`${figures.soxr}, by its C interface; noxrun on ${figures.level}${pinning()}`)
for (const pair of figures.pairs) {
  printSpeed(pair)
  printQuality(pair)
}
for (const pair of figures.pairs) printVerdicts(pair)
try {
  console.log(`frequency responses: ${await plot(figures)}`)
} catch (error) {
  console.log(`There is no plot: ${error.message}`)
}
