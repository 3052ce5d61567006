// Debian packages of other suites and architectures, unpacked into a folder of the checkout's own:
// the machine's packages and apt's state stay as they are. The mirror is the one that the machine's
// own apt configuration names. Deleting target/cross/debian/ deletes it all.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { inRoot } from '../lib/paths.mjs'
import { ask, run } from '../lib/process.mjs'
import { digest, isStamped, writeStamp } from '../lib/stamp.mjs'
import { SetupError, step } from '../lib/steps.mjs'

/** Debian's names of the architectures that this project builds on and for. */
const ARCHITECTURES = ['amd64', 'arm64', 'armhf']

/**
 * @typedef {object} Wanted
 * @property {string} suite Such as `trixie`; the machine's own may be another.
 * @property {readonly string[]} [whole] Packages with all that they depend on, such as `libc6:arm64`.
 * @property {readonly string[]} [alone] Packages without what they depend on.
 */

const dir = inRoot('target', 'cross', 'debian')
/** @type {Set<string>} Suites whose list of packages this process has read. */
const listed = new Set()

/** What Debian signs its archive with. */
const KEY = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** @returns {string | undefined} Where the machine gets Debian's main archive from. */
function mirrorOf() {
  const format = '$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)'
  const targets = ask('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])?.split('\n') ?? []
  return targets.map((line) => line.split(' '))
    .find(([origin, component, release]) => origin === 'Debian' && component === 'main' && /^\w+$/.test(release ?? ''))?.[3]
}

/**
 * Whether packages can be had here.
 * @returns {Promise<boolean>}
 */
export async function hasDebianMirror() {
  if (mirrorOf() !== undefined) return true
  // A new machine's apt knows what its sources hold only after it has read their lists once.
  const isDebian = existsSync('/etc/debian_version') && existsSync(KEY)
  if (!isDebian || process.getuid?.() !== 0) return false
  await step('list of Debian packages', 'apt-get', ['update', '-q'], {
    env: { DEBIAN_FRONTEND: 'noninteractive' }, log: 'apt-update', remedy: 'apt-get could not read its sources: is the network there?',
  })
  return mirrorOf() !== undefined
}

/**
 * The machine's mirror.
 * @returns {Promise<string>}
 * @throws {SetupError} On a system that is not Debian.
 */
async function ownMirror() {
  await hasDebianMirror()
  const mirror = mirrorOf()
  if (mirror !== undefined) return mirror
  throw new SetupError(
    'apt names no mirror of Debian here (run "apt-get update" once if this is Debian).\n' +
      "On other systems install the target's standard library instead: rustup target add TARGET.",
  )
}

/**
 * Options that give apt a state of its own for one suite.
 * @param {string} suite
 * @returns {Promise<string[]>}
 */
async function ownState(suite) {
  const state = path.join(dir, 'apt', suite)
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(path.join(state, name), { recursive: true })
  writeFileSync(path.join(state, 'sources.list'), `deb [signed-by=${KEY}] ${await ownMirror()} ${suite} main\n`)
  // Nothing counts as installed, so that "with all it depends on" is really all.
  writeFileSync(path.join(state, 'status'), '')
  writeFileSync(path.join(state, 'apt.conf'), [
    // The machine's own hooks are not for us: some empty its cache.
    '#clear APT::Update;', '#clear DPkg::Post-Invoke;', '#clear APT::Architectures;',
    `APT::Architectures { ${ARCHITECTURES.map((name) => `"${name}";`).join(' ')} };`,
    'APT::Architecture "amd64";', 'APT::Sandbox::User "root";',
    `Dir::State "${state}";`, `Dir::State::Lists "${state}/lists";`, `Dir::State::status "${state}/status";`,
    `Dir::Cache "${state}/cache";`, `Dir::Etc::sourcelist "${state}/sources.list";`, 'Dir::Etc::sourceparts "-";', '',
  ].join('\n'))
  return ['-c', path.join(state, 'apt.conf')]
}

/**
 * What apt would install: the packages and all that they depend on.
 * @param {readonly string[]} options
 * @param {readonly string[]} packages
 * @returns {string[]} As `name:architecture=version`.
 */
function withDependencies(options, packages) {
  const plan = ask('apt-get', [...options, 'install', '--simulate', '--no-install-recommends', ...packages])
  if (plan === null) throw new SetupError(`apt cannot resolve ${packages.join(', ')}: has the mirror been updated a moment ago? Try again later.`)
  return [...plan.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)].map(([, name = '', version = '', arch = '']) => {
    // Packages of all architectures go by that name.
    return `${name.replace(/:.*/, '')}:${arch}=${version}`.replace(':all=', '=')
  })
}

/**
 * A folder that has the packages' files; made when it is not there yet.
 * @param {string} name Of the folder.
 * @param {Wanted} wanted
 * @returns {Promise<string>}
 * @throws {SetupError} When the machine has no Debian mirror or it lacks a package.
 */
export async function unpacked(name, wanted) {
  const { suite, whole = [], alone = [] } = wanted
  const root = path.join(dir, name)
  const stamp = path.join(dir, `${name}.complete`)
  const value = digest([], [suite, ...whole, '|', ...alone])
  if (isStamped(stamp, value)) return root
  for (const tool of ['apt-get', 'dpkg-deb']) {
    if (ask(tool, ['--version']) === null) throw new SetupError(`${tool} is not there: Debian's packages are fetched with it`)
  }
  rmSync(stamp, { force: true })
  rmSync(root, { recursive: true, force: true })
  const options = await ownState(suite)
  const env = { DEBIAN_FRONTEND: 'noninteractive', APT_CONFIG: undefined }
  if (!listed.has(suite)) {
    await step(`list of Debian ${suite}'s packages`, 'apt-get', [...options, 'update', '-q'], {
      env, log: 'cross-apt-update', remedy: 'apt-get could not read its mirror: is the network there?',
    })
    listed.add(suite)
  }
  const packages = [...alone, ...(whole.length > 0 ? withDependencies(options, whole) : [])]
  const debs = path.join(dir, `${name}.debs`)
  rmSync(debs, { recursive: true, force: true })
  mkdirSync(debs, { recursive: true })
  await step(
    `Debian packages of ${name} (${packages.length})`, 'sh',
    ['-c', 'cd "$1" && shift && apt-get "$@"', 'sh', debs, ...options, 'download', '-q', ...packages],
    { env, log: 'cross-apt-download', remedy: `apt-get could not fetch every package: does Debian ${suite} have them?` },
  )
  const partial = `${root}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  for (const deb of readdirSync(debs)) {
    const { status, output } = await run('dpkg-deb', ['-x', path.join(debs, deb), partial])
    if (status !== 0) throw new SetupError(`dpkg-deb could not unpack ${deb}:\n${output}`)
  }
  // Programs name their loader by the places that the files have had until they were merged into usr/.
  for (const place of ['lib', 'lib64']) {
    if (existsSync(path.join(partial, 'usr', place)) && !existsSync(path.join(partial, place))) {
      symlinkSync(path.join('usr', place), path.join(partial, place))
    }
  }
  renameSync(partial, root)
  rmSync(debs, { recursive: true, force: true })
  writeStamp(stamp, value)
  return root
}
