// node scripts/bench.mjs [name [arguments]]: runs bench/<name>.mjs on the built package. Where an audio
// server can run, one is there for it: NOXRUN_BENCH_DEVICE says `jack`, and `virtual` otherwise.
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import process from 'node:process'
import { native, typescript } from './lib/build.mjs'
import { inRoot } from './lib/paths.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { run } from './lib/process.mjs'
import { serversAvailable, withServers } from './lib/shared-servers.mjs'

const names = readdirSync(inRoot('bench'))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -4))
const [name, ...args] = process.argv.slice(2)

if (name === undefined || !names.includes(name)) {
  for (const each of names) {
    const what = /^\/\/ (.*)$/m.exec(readFileSync(inRoot('bench', `${each}.mjs`), 'utf8'))?.[1] ?? ''
    console.log(`${each.padEnd(12)} ${what}`)
  }
  console.error(`usage: npm run bench -- NAME${name === undefined ? '' : `; there is no ${name}`}`)
  process.exit(2)
}

await bringUpToDate(native, { quiet: true })
await bringUpToDate(typescript, { quiet: true })
console.log(`${name} · Node ${process.versions.node} · ${cpus()[0]?.model ?? 'unknown processor'} · ${availableParallelism()} cores`)

/** @param {Record<string, string>} env */
const bench = (env) => run(process.execPath, ['--expose-gc', inRoot('bench', `${name}.mjs`), ...args], { stream: true, env })
const result = await (serversAvailable()
  ? withServers([256], ([server]) => bench({ ...server?.env, NOXRUN_BENCH_DEVICE: 'jack' }))
  : bench({ NOXRUN_BENCH_DEVICE: 'virtual' }))
process.exitCode = result.status
