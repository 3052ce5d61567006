// `npm run mobile:check`: does the C library compile for phones, and do the guide's samples work as far
// as a desktop can tell? Nothing here runs on a phone.
//   node scripts/mobile-check.mjs            everything
//   node scripts/mobile-check.mjs samples    the samples only; --libraries=DIR: with the library there
//   node scripts/mobile-check.mjs TRIPLE…    `cargo check` for these targets only
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { Checks } from './lib/checks.mjs'
import { inRoot, root } from './lib/paths.mjs'
import { run, tail } from './lib/process.mjs'
import { compilerFor } from './cross/rustc.mjs'
import { checkSamples } from './mobile/samples.mjs'
import { pins, targets } from './mobile/targets.mjs'

/** Each of them, so that a warning of one that only Linux uses is not missed. */
const CRATES = ['device', 'session', 'capi'].flatMap((name) => ['-p', `noxrun-${name}`])

/** @param {string} triple */
async function compiles(triple) {
  const compiler = await compilerFor(triple, null)
  const startedAt = performance.now()
  const { status, output } = await run('cargo', ['check', '--locked', ...compiler.args, '--target', triple, ...CRATES], {
    cwd: root,
    // A folder of its own: another compiler would throw away what the machine's own has built.
    env: { ...compiler.env, CARGO_TARGET_DIR: inRoot('target', 'mobile', 'build') },
    timeout: 60 * 60_000,
  })
  if (status !== 0) throw new Error(tail(output, 60))
  // Only our own crates' warnings are shown at all.
  const at = output.search(/^warning: (?!`)/m)
  if (at >= 0) throw new Error(`it compiles with warnings:\n${tail(output.slice(at), 40)}`)
  return `${compiler.name}; ${((performance.now() - startedAt) / 1000).toFixed(0)} s`
}

/** What the guide and the workflows rely on. */
function guideNamesWhatIsThere() {
  const { ndk, ndkName, androidApi, iosMin } = pins
  if (!/^\d+\.\d+\.\d+$/.test(ndk)) throw new Error(`pins.json: ndk must be a full version, got ${JSON.stringify(ndk)}`)
  const guide = readFileSync(inRoot('docs', 'mobile.md'), 'utf8')
  const unsaid = [ndk, ndkName, `API level ${androidApi}`, `iOS ${iosMin}`].filter((pin) => !guide.includes(pin))
  if (unsaid.length > 0) throw new Error(`docs/mobile.md does not say what scripts/mobile/pins.json does: ${unsaid.join(', ')}`)
  const prose = guide.replaceAll(/```[^]*?```/g, '')
  const links = [...prose.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(([, link = '']) => link)
  const missing = links.filter((link) => !existsSync(inRoot('docs', link)))
  if (missing.length > 0) throw new Error(`docs/mobile.md links to what is not there: ${missing.join(', ')}`)
  const header = readFileSync(inRoot('crates', 'capi', 'include', 'noxrun.h'), 'utf8')
  const names = [...new Set(guide.match(/\b(?:noxrun|NOXRUN)_[A-Za-z_]+\b/g) ?? [])].filter((name) => name !== 'noxrun_jni')
  const unknown = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(header))
  if (unknown.length > 0) throw new Error(`docs/mobile.md names what noxrun.h does not have: ${unknown.join(', ')}`)
  return `NDK ${ndk}, API level ${androidApi}, iOS ${iosMin}, ${links.length} links, ${names.length} names of noxrun.h`
}

const LIBRARIES = '--libraries='
const libraries = process.argv.find((argument) => argument.startsWith(LIBRARIES))?.slice(LIBRARIES.length)
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith(LIBRARIES))
const known = targets.map((target) => target.triple)
const wrong = asked.find((name) => name !== 'samples' && !known.includes(name))
if (wrong !== undefined) {
  console.error(`usage: node scripts/mobile-check.mjs [samples [--libraries=DIR] | TRIPLE…]\n${wrong} is none of: ${known.join(', ')}`)
  process.exit(2)
}
const checks = new Checks('mobile')
const work = mkdtempSync(path.join(os.tmpdir(), 'noxrun-mobile-'))
try {
  if (asked.length === 0 || asked.includes('samples')) {
    await checkSamples(checks, work, libraries && path.resolve(libraries))
    await checks.check('the guide names what is there', guideNamesWhatIsThere)
  }
  const wanted = asked.length === 0 ? known : known.filter((name) => asked.includes(name))
  for (const triple of wanted) await checks.check(`device, session and capi compile for ${triple}`, () => compiles(triple))
  if (asked.length === 0) {
    checks.skip('Kotlin, Swift and Objective-C++', 'their compilers and SDKs are not in the package registries')
    checks.skip('sound on a phone', 'nothing of this has run on a device or an emulator; docs/mobile.md has the plan')
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
checks.finish()
