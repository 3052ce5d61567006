// How the engine is found, and what is said when it is not: real installs in folders of their own, each
// loaded by a process of its own.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'

const BUILT = readdirSync('.').find((name) => /^noxrun\..+\.node$/.test(name)) ?? ''
const HERE = BUILT.slice('noxrun.'.length, -'.node'.length)
const PACKAGE = `noxrun-${HERE}`
const PLATFORMS = [...(/const PLATFORMS = \[([^\]]+)\]/.exec(readFileSync('binding.cjs', 'utf8'))?.[1] ?? '').matchAll(/'([\w-]+)'/g)].map(([, id = '']) => id)
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

interface Outcome {
  /** What the engine exports; absent when it was not loaded. */
  exports?: string[]
  name?: string
  code?: string
  message?: string
  detail?: { reason: string; platform: string }
  cause?: string
}

const PROBE = `
try {
  console.log(JSON.stringify({ exports: Object.keys(require('./node_modules/noxrun/binding.cjs')) }))
} catch ({ name, code, message, detail, cause }) {
  console.log(JSON.stringify({ name, code, message, detail, cause: cause?.message }))
}`

/** A project with the package's root in it. */
class Project {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'noxrun loader-'))
  readonly root = path.join(this.dir, 'node_modules', 'noxrun')

  constructor() {
    mkdirSync(this.root, { recursive: true })
    for (const file of ['binding.cjs', 'package.json']) copyFileSync(file, path.join(this.root, file))
  }

  /** Adds the package of a platform; its binary is `content`, or that of this machine. */
  add(platform: string, content?: Buffer | string, edit: (manifest: Record<string, unknown>) => void = () => undefined): this {
    const dir = path.join(this.dir, 'node_modules', `noxrun-${platform}`)
    mkdirSync(dir, { recursive: true })
    const manifest = { name: `noxrun-${platform}`, version, main: `noxrun.${platform}.node` }
    edit(manifest)
    writeFileSync(path.join(dir, 'package.json'), JSON.stringify(manifest))
    writeFileSync(path.join(dir, `noxrun.${platform}.node`), content ?? readFileSync(BUILT))
    return this
  }

  /** Loads the engine in a new process; `before` runs first there. */
  load(env: NodeJS.ProcessEnv = {}, before = ''): Outcome {
    try {
      const said = execFileSync(process.execPath, ['-e', before + PROBE], { cwd: this.dir, env: { ...process.env, NOXRUN_BINDING: '', ...env }, encoding: 'utf8' })
      return JSON.parse(said) as Outcome
    } finally {
      rmSync(this.dir, { recursive: true, force: true })
    }
  }
}

/** The one shape of all refusals. */
function refused(t: { is: (a: unknown, b: unknown) => unknown }, outcome: Outcome, reason: string, platform = HERE): string {
  t.is(outcome.exports, undefined)
  t.is(outcome.name, 'NoxrunError')
  t.is(outcome.code, 'ERR_UNSUPPORTED_PLATFORM')
  t.is(outcome.detail?.reason, reason)
  t.is(outcome.detail?.platform, platform)
  return outcome.message ?? ''
}

test("the platform's package is loaded", (t) => {
  t.true(new Project().add(HERE).load().exports?.includes('openEngine'))
})

test('a build beside the loader comes before the package', (t) => {
  const project = new Project().add(HERE, 'no binary')
  copyFileSync(BUILT, path.join(project.root, BUILT))
  t.true(project.load().exports?.includes('openEngine'))
})

test('NOXRUN_BINDING names another file, and is not silently passed over', (t) => {
  t.true(new Project().load({ NOXRUN_BINDING: path.resolve(BUILT) }).exports?.includes('openEngine'))
  const message = refused(t, new Project().add(HERE).load({ NOXRUN_BINDING: 'nowhere.node' }), 'load')
  t.regex(message, /nowhere\.node/)
})

test('in a bundle, where there is no manifest or that of another program, the error says to leave the package out', (t) => {
  for (const manifest of [undefined, '{ "name": "program", "version": "9.9.9" }']) {
    const project = new Project().add(HERE)
    rmSync(path.join(project.root, 'package.json'))
    if (manifest !== undefined) writeFileSync(path.join(project.root, 'package.json'), manifest)
    t.regex(refused(t, project.load(), 'bundled'), /--external:noxrun/)
  }
})

test('a missing package is named, with what to do', (t) => {
  const message = refused(t, new Project().load(), 'missing')
  for (const text of [PACKAGE, '--omit=optional', '--include=optional', 'package-lock.json', `npm install ${PACKAGE}@${version}`]) {
    t.true(message.includes(text), text)
  }
})

for (const other of PLATFORMS.filter((platform) => platform !== HERE)) {
  test(`a package for ${other} is refused by name before it is opened`, (t) => {
    const message = refused(t, new Project().add(other, 'no binary').load(), 'other-platform')
    t.true(message.includes(`installed for ${other},`) && message.includes(`${PACKAGE} is missing`), message)
  })
}

test('where several packages are installed, the right one is loaded', (t) => {
  const project = new Project().add(HERE)
  for (const other of PLATFORMS) if (other !== HERE) project.add(other, 'no binary')
  t.true(project.load().exports?.includes('openEngine'))
})

for (const [arch, platform, named] of [
  ['riscv64', 'linux', 'linux-riscv64-'],
  ['ia32', 'win32', 'win32-ia32-msvc'],
  ['x64', 'sunos', 'sunos-x64'],
] as const) {
  test(`on ${platform} ${arch} the error lists what is supported`, (t) => {
    const pretend = `Object.defineProperties(process, { arch: { value: '${arch}' }, platform: { value: '${platform}' } });`
    const outcome = new Project().add(HERE).load({}, pretend)
    const message = refused(t, outcome, 'platform', outcome.detail?.platform)
    t.true(outcome.detail?.platform.startsWith(named))
    t.deepEqual(PLATFORMS.filter((id) => !message.includes(id)), [])
  })
}

test('a package of another version is refused, with both versions and the repair', (t) => {
  const outcome = new Project().add(HERE, undefined, (manifest) => (manifest['version'] = '99.1.2')).load()
  const message = refused(t, outcome, 'version')
  t.true(message.includes(`noxrun ${version} cannot run with ${PACKAGE} 99.1.2`), message)
  t.true(message.includes(`npm install noxrun@${version} ${PACKAGE}@${version}`), message)
})

test('a file that is no binary gives what the system said of it', (t) => {
  const outcome = new Project().add(HERE, 'no binary').load()
  t.regex(refused(t, outcome, 'load'), /is there, but does not load: /)
  t.truthy(outcome.cause)
})

test('a package without its file is told from a package that is not there', (t) => {
  const project = new Project().add(HERE)
  rmSync(path.join(project.dir, 'node_modules', PACKAGE, `noxrun.${HERE}.node`))
  t.regex(refused(t, project.load(), 'load'), /is there, but does not load: .*noxrun\..*\.node/)
})

const onGlibc = HERE.startsWith('linux') && HERE.includes('gnu') ? test : test.skip
onGlibc('a binary for a newer glibc names the one it needs and the one that is here', (t) => {
  // The newest version that this build asks for, made one that does not exist.
  const binary = readFileSync(BUILT).toString('latin1')
  const newest = [...binary.matchAll(/GLIBC_2\.(\d+)\0/g)].map((match) => Number(match[1])).sort((a, b) => b - a)[0] ?? 0
  t.true(newest > 0)
  const newer = Buffer.from(binary.replaceAll(`GLIBC_2.${newest}\0`, `GLIBC_9.${newest}\0`), 'latin1')
  const outcome = new Project().add(HERE, newer).load()
  const message = refused(t, outcome, 'glibc')
  t.true(message.includes(`needs glibc 9.${newest} or newer`), message)
  t.regex(message, /this system has 2\.\d+\./)
  t.true(outcome.cause?.includes(`GLIBC_9.${newest}`))
})
