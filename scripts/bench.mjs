// node scripts/bench.mjs [name [arguments]]: runs bench/<name>.mjs on the built package.
// What a benchmark compares with is installed when it is wanted, in bench/.
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import process from 'node:process'
import { native, typescript } from './lib/build.mjs'
import { inRoot } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { run } from './lib/process.mjs'
import { digest, isStamped, writeStamp } from './lib/stamp.mjs'
import { SetupError, step } from './lib/steps.mjs'

/** Installs bench/package.json. Without it a benchmark says what it could not measure. */
async function installPeers() {
  const stamp = inRoot('bench', 'node_modules', '.noxrun')
  const value = digest(['bench/package.json', 'bench/package-lock.json'], [process.platform, process.arch])
  if (isStamped(stamp, value)) return
  // Under `npm run` npm says where it is; otherwise it is on the PATH.
  const npm = process.env['npm_execpath']
  const [command, ...before] = npm?.endsWith('js') ? [process.execPath, npm] : ['npm']
  const args = [...before, 'ci', '--prefix', inRoot('bench'), '--include=optional', '--no-audit', '--no-fund']
  try {
    await step('packages to compare with', command, args, {
      log: 'bench-npm', remedy: 'The benchmark goes on without them. By hand: (cd bench && npm ci)',
    })
    writeStamp(stamp, value)
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    console.error(error.message)
  }
}

const names = readdirSync(inRoot('bench'))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -4))
const [name, ...args] = process.argv.slice(2)
/** @param {string} each */
const source = (each) => readFileSync(inRoot('bench', `${each}.mjs`), 'utf8')

if (name === undefined || !names.includes(name)) {
  for (const each of names) {
    const what = /^\/\/ (.*)$/m.exec(source(each))?.[1] ?? ''
    console.log(`${each.padEnd(14)} ${what}`)
  }
  console.error(`usage: npm run bench -- NAME${name === undefined ? '' : `; there is no ${name}`}`)
  process.exit(2)
}

if (!/^\/\/ Builds what it measures itself\.$/m.test(source(name))) {
  await bringUpToDate(native, { quiet: true })
  await bringUpToDate(typescript, { quiet: true })
}
if (/^\/\/ Needs the packages of bench\/package\.json\.$/m.test(source(name))) await installPeers()
console.log(`${name} · Node ${process.versions.node} · ${cpus()[0]?.model ?? 'unknown processor'} · ${availableParallelism()} cores`)

const { status } = await run(process.execPath, ['--expose-gc', inRoot('bench', `${name}.mjs`), ...args], {
  stream: true, timeout: 2 * 3_600_000,
})
process.exitCode = status
