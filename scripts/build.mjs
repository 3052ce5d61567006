// node scripts/build.mjs native|ts|tests|sabotage …: brings the named builds up to date.
import process from 'node:process'
import { native, sabotage, tests, typescript } from './lib/build.mjs'
import { bringUpToDate } from './lib/perform.mjs'
import { SetupError } from './lib/steps.mjs'

const builds = [native, typescript, tests, sabotage]
const names = process.argv.slice(2)
const unknown = names.filter((name) => !builds.some((build) => build.name === name))
if (names.length === 0 || unknown.length > 0) {
  console.error(`usage: node scripts/build.mjs ${builds.map((build) => build.name).join('|')} …`)
  process.exit(2)
}
try {
  for (const build of builds) if (names.includes(build.name)) await bringUpToDate(build)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`\n${error.message}`)
  process.exitCode = 1
}
