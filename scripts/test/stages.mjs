// The stages of `npm test`, in the order in which they run: cheap and telling ones first.
import process from 'node:process'
import { binOf, native, sabotage, tests } from '../lib/build.mjs'
import { fromAva, fromCargo, fromChecks } from '../lib/counts.mjs'
import { inRoot, root } from '../lib/paths.mjs'
import { bringUpToDate } from '../lib/perform.mjs'
import { run } from '../lib/process.mjs'
import { missingForServers } from '../servers.mjs'

/**
 * @typedef {import('../lib/counts.mjs').Counts} Counts
 *
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} title
 * @property {boolean} [needsServers] Skipped, loudly, where no audio server can run.
 * @property {() => Promise<Counts>} run
 */

/** A lock file that does not fit is an error in CI; at home cargo brings it up to date. */
const locked = process.env['CI'] ? ['--locked'] : []
/** The crates that run inside callbacks: their property and no-allocation tests count in release too. */
const REAL_TIME_CRATES = ['kernels', 'engine', 'capture', 'resample'].flatMap((name) => ['-p', `noxrun-${name}`])
const SERVER_TESTS = 'target/ts/__test__/server/**'

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
const stream = (command, args) => run(command, args, { stream: true })

/**
 * A stage of commands that each pass or fail as a whole.
 * @param {readonly (readonly [string, ...string[]])[]} commands
 * @returns {Promise<Counts>}
 */
async function each(commands) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const [command, ...args] of commands) {
    console.log(`$ ${[command === process.execPath ? 'node' : command, ...args].join(' ').replaceAll(`${root}/`, '')}`)
    const { status } = await stream(command, args)
    if (status === 0) counts.passed++
    else counts.failed++
  }
  return counts
}

/** @param {readonly string[]} args */
async function ava(args) {
  await bringUpToDate(tests, { quiet: true })
  const result = await stream(process.execPath, [binOf('ava', 'ava'), ...args])
  return fromAva(result.output, result.status)
}

/** @param {string} script @param {string[]} args */
async function checks(script, ...args) {
  const result = await stream(process.execPath, [inRoot('scripts', script), ...args])
  return fromChecks(result.output, result.status)
}

/** @returns {Promise<Counts>} */
async function bindingIsCommitted() {
  const files = ['binding.d.cts', 'src/generated/operations.ts']
  const inGit = await run('git', ['rev-parse', '--is-inside-work-tree'])
  if (inGit.status !== 0) {
    console.log('SKIPPED: this is not a git checkout')
    return { passed: 0, failed: 0, skipped: 1 }
  }
  await bringUpToDate(native, { quiet: true })
  const tracked = await run('git', ['ls-files', '--error-unmatch', '--', ...files])
  await stream(process.execPath, [inRoot('scripts', 'generate.mjs')])
  const same = await stream('git', ['--no-pager', 'diff', '--exit-code', '--', ...files])
  const good = tracked.status === 0 && same.status === 0
  console.log(good ? 'as committed' : 'The code generates other files than the committed ones: add them to the commit.')
  return { passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0 }
}

/** @returns {Promise<Counts>} */
async function docs() {
  const typedoc = await stream(process.execPath, [binOf('typedoc', 'typedoc')])
  const rustdoc = await run('cargo', ['doc', ...locked, '--workspace', '--no-deps'], { stream: true, env: { RUSTDOCFLAGS: '-D warnings' } })
  const failed = [typedoc, rustdoc].filter(({ status }) => status !== 0).length
  return { passed: 2 - failed, failed, skipped: 0 }
}

/** @type {readonly Stage[]} */
export const stages = [
  { name: 'fmt', title: 'Rust formatting', run: () => each([['cargo', 'fmt', '--all', '--check'], ['cargo', 'fmt', '--manifest-path', 'fuzz/Cargo.toml', '--check']]) },
  {
    name: 'clippy', title: 'Rust lints, without and with the planted faults, of the benches and the fuzz targets',
    run: () => each([
      ['cargo', 'clippy', ...locked, '--workspace', '--all-targets', '--', '-D', 'warnings'],
      ['cargo', 'clippy', ...locked, '--workspace', '--all-targets', '--features', 'sabotage', '--', '-D', 'warnings'],
      ['cargo', 'clippy', ...locked, '-p', 'noxrun-capture', '--benches', '--features', 'bench', '--', '-D', 'warnings'],
      ['cargo', 'clippy', ...locked, '--manifest-path', 'fuzz/Cargo.toml', '--no-default-features', '--target-dir', 'target', '--', '-D', 'warnings'],
    ]),
  },
  {
    name: 'cargo', title: 'Rust tests',
    async run() {
      // The device crate's own server tests start, freeze and kill servers of their own.
      const env = missingForServers().length === 0 ? { NOXRUN_TEST_JACK: '1' } : {}
      const result = await run('cargo', ['test', ...locked, '--workspace', '--no-fail-fast'], { stream: true, env })
      return fromCargo(result.output, result.status)
    },
  },
  {
    name: 'release', title: 'Rust tests of what runs in callbacks, as it ships',
    async run() {
      const result = await stream('cargo', ['test', ...locked, '--profile', 'release-test', '--tests', '--no-fail-fast', ...REAL_TIME_CRATES])
      return fromCargo(result.output, result.status)
    },
  },
  {
    name: 'loom', title: 'models of the capture hand-off, the right and the wrong ones',
    async run() {
      // Other flags build everything anew: in a folder of its own, so that the other stages keep theirs.
      const result = await run(
        'cargo', ['test', ...locked, '-p', 'noxrun-capture', '--lib', '--target-dir', 'target/loom', 'models'],
        { stream: true, env: { RUSTFLAGS: '--cfg noxrun_loom -D warnings' } },
      )
      return fromCargo(result.output, result.status)
    },
  },
  {
    name: 'capi', title: 'the C library, used by C and C++ programs',
    async run() {
      // The libraries that the Rust tests have built: of this package alone, cargo would build other ones.
      await run('cargo', ['test', ...locked, '--workspace', '--no-run'], { stream: true })
      const result = await stream('bash', [inRoot('scripts', 'test-capi.sh'), inRoot('target', 'debug', 'deps')])
      return fromChecks(result.output, result.status)
    },
  },
  { name: 'mobile', title: "the phones' samples, on the virtual device", run: () => checks('mobile-check.mjs', 'samples', `--libraries=${inRoot('target', 'debug', 'deps')}`) },
  { name: 'binding', title: "the binding's types and the operations of TypeScript are what the code generates", run: bindingIsCommitted },
  { name: 'lint', title: 'TypeScript lints', run: () => each([[process.execPath, binOf('eslint', 'eslint'), '.']]) },
  { name: 'types', title: 'TypeScript types', run: () => each([[process.execPath, binOf('typescript', 'tsc'), '--noEmit']]) },
  { name: 'structure', title: 'no circle of files, and no arrow that goes up in the layers', run: () => checks('structure-check.mjs') },
  { name: 'workflows', title: 'the workflows that run on GitHub', run: () => checks('workflows-check.mjs') },
  { name: 'docs', title: 'API documentation: complete, and no link that leads nowhere', run: docs },
  { name: 'ava', title: 'tests on the virtual device', run: () => ava(['target/ts/__test__/**/*.test.js', `!${SERVER_TESTS}`]) },
  {
    name: 'server', title: 'tests on a real audio server', needsServers: true,
    async run() {
      // One of them stops the capture thread by a planted fault.
      await bringUpToDate(sabotage, { quiet: true })
      return ava(['--serial', '--concurrency', '1', `${SERVER_TESTS}/*.test.js`])
    },
  },
  { name: 'witness', title: 'the second witness: what callbacks really did', needsServers: true, run: () => checks('witness.mjs') },
  { name: 'pack', title: 'the packed package, used from other folders', run: () => checks('pack-check.mjs') },
  { name: 'bare', title: 'the packed package where no sound library is', run: () => checks('ship-bare.mjs') },
  { name: 'sabotage', title: 'planted faults, each caught by a named test', run: () => checks('sabotage.mjs') },
]
