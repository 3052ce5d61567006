// node scripts/fuzz.mjs [TARGET…] [--seconds N]: cargo-fuzz on the targets of fuzz/, one after another, 60
// seconds each by default. What was found in earlier runs (fuzz/corpus) and the seeds are where it begins; an
// input that breaks a promise is kept in fuzz/artifacts and named.
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { inRoot } from './lib/paths.mjs'
import { run } from './lib/process.mjs'
import { step } from './lib/steps.mjs'

const CARGO_FUZZ = '0.13.2'
const folder = inRoot('fuzz')
const tools = inRoot('target', 'tools')
const program = path.join(tools, 'bin', 'cargo-fuzz')
/** How long inputs may become, where the targets themselves do not say. */
const LENGTHS = new Map([['media', 4096], ['engine', 1500], ['chunker', 400]])

const targets = readdirSync(path.join(folder, 'fuzz_targets')).filter((file) => file.endsWith('.rs')).map((file) => path.basename(file, '.rs'))
const { values, positionals } = parseArgs({ allowPositionals: true, strict: false, options: { seconds: { type: 'string', default: '60' } } })
const seconds = Math.round(Number(values['seconds']))
if (!(seconds >= 1 && seconds <= 86_400) || positionals.some((name) => !targets.includes(name)) || Object.keys(values).length > 1) {
  console.error(`usage: npm run fuzz -- [TARGET…] [--seconds N]\nTARGET is one of ${targets.join(', ')}; N from 1 to 86400`)
  process.exit(2)
}
if (!existsSync(program)) {
  await step(`cargo-fuzz ${CARGO_FUZZ}`, 'cargo', ['install', 'cargo-fuzz', '--version', CARGO_FUZZ, '--locked', '--root', tools], {
    log: 'cargo-fuzz', remedy: 'Is crates.io reached? Then try again.',
  })
}
for (const target of positionals.length > 0 ? positionals : targets) {
  const corpus = path.join(folder, 'corpus', target)
  const seeds = path.join(folder, 'seeds', target)
  mkdirSync(corpus, { recursive: true })
  const { status } = await run(program, [
    'fuzz', 'run', '--fuzz-dir', folder, target, corpus, ...(existsSync(seeds) ? [seeds] : []), '--',
    `-max_total_time=${seconds}`, `-max_len=${LENGTHS.get(target) ?? 4096}`, '-timeout=20', '-rss_limit_mb=3000', '-print_final_stats=1',
  ], {
    cwd: folder, stream: true, timeout: (seconds + 40 * 60) * 1000,
    // Coverage and the address sanitizer are flags that a stable compiler takes only so.
    env: { RUSTC_BOOTSTRAP: '1', CARGO_TARGET_DIR: inRoot('target', 'fuzz') },
  })
  console.log(status === 0 ? `fuzz: ${target} held for ${seconds} s` : `fuzz: ${target} failed; the input is in fuzz/artifacts/${target}`)
  if (status !== 0) process.exit(1)
}
