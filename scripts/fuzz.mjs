// node scripts/fuzz.mjs [TARGET…] [--seconds N]: runs the fuzz targets of fuzz/ one after another. What
// was found in earlier runs (fuzz/corpus) and the seeds are where it begins; an input that breaks a
// promise is kept in fuzz/artifacts and named.
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { inRoot } from './lib/paths.mjs'
import { run } from './lib/process.mjs'
import { SetupError, step } from './lib/steps.mjs'

const CARGO_FUZZ = '0.13.2'
const folder = inRoot('fuzz')
const tools = inRoot('target', 'tools')
const targets = readdirSync(path.join(folder, 'fuzz_targets'))
  .filter((file) => file.endsWith('.rs'))
  .map((file) => path.basename(file, '.rs'))
const usage = `usage: npm run fuzz -- [TARGET…] [--seconds N]
  TARGET     ${targets.join(', ')}; default: all
  --seconds  how long each is run, default 60`

/** How long inputs may become, where the targets themselves do not say. */
const LENGTHS = new Map([['media', 4096], ['engine', 1500], ['chunker', 400]])

function options() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: 'string', default: '60' } } })
  const seconds = Number(values.seconds)
  const unknown = positionals.filter((name) => !targets.includes(name))
  if (unknown.length > 0) throw new TypeError(`unknown ${unknown.join(', ')}`)
  if (!(seconds >= 1 && seconds <= 86_400)) throw new TypeError('seconds must be from 1 to 86400')
  return { seconds: Math.round(seconds), chosen: positionals.length > 0 ? positionals : targets }
}

/** The cargo-fuzz of this checkout; built from its sources where it is missing. */
async function cargoFuzz() {
  const program = path.join(tools, 'bin', 'cargo-fuzz')
  if (!existsSync(program)) {
    await step(`cargo-fuzz ${CARGO_FUZZ}`, 'cargo', ['install', 'cargo-fuzz', '--version', CARGO_FUZZ, '--locked', '--root', tools], {
      log: 'cargo-fuzz', remedy: 'Is crates.io reached? Then try again.',
    })
  }
  return program
}

/** @param {ReturnType<typeof options>} given */
async function main({ seconds, chosen }) {
  const program = await cargoFuzz()
  for (const target of chosen) {
    const corpus = path.join(folder, 'corpus', target)
    const seeds = path.join(folder, 'seeds', target)
    mkdirSync(corpus, { recursive: true })
    const { status } = await run(program, [
      'fuzz', 'run', '--fuzz-dir', folder, target, corpus, ...(existsSync(seeds) ? [seeds] : []), '--',
      `-max_total_time=${seconds}`, `-max_len=${LENGTHS.get(target) ?? 4096}`, '-timeout=20', '-rss_limit_mb=3000', '-print_final_stats=1',
    ], {
      cwd: folder, stream: true, timeout: (seconds + 40 * 60) * 1000,
      env: {
        // Coverage and the address sanitizer are flags that a stable compiler takes only so.
        RUSTC_BOOTSTRAP: '1',
        CARGO_TARGET_DIR: inRoot('target', 'fuzz'),
        CARGO_BUILD_JOBS: process.env['CARGO_BUILD_JOBS'] ?? String(os.availableParallelism()),
      },
    })
    if (status !== 0) throw new SetupError(`${target} failed; the input is in fuzz/artifacts/${target}. The text above says how to run it again.`)
    console.log(`fuzz: ${target} held for ${seconds} s`)
  }
}

let given
try {
  given = options()
} catch (error) {
  console.error(`fuzz: ${error instanceof Error ? error.message : String(error)}\n${usage}`)
  process.exit(2)
}
try {
  await main(given)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`\nfuzz: ${error.message}`)
  process.exitCode = 1
}
