// Finds and loads the native engine: the file that a build left beside this one, or else the package of
// this platform. Written by hand; the types beside it (binding.d.cts) are generated from the Rust code.
// NOXRUN_BINDING names another file to load instead.
'use strict'
const { closeSync, existsSync, openSync, readSync } = require('node:fs')
const path = require('node:path')
const process = require('node:process')

/** The platforms that packages are made for; the package's name is `noxrun-` and one of these. */
const PLATFORMS = [
  'linux-x64-gnu', 'linux-arm64-gnu', 'linux-arm-gnueabihf', 'linux-x64-musl', 'linux-arm64-musl',
  'darwin-x64', 'darwin-arm64', 'win32-x64-msvc', 'win32-arm64-msvc',
]
const version = ownVersion()

/** From the manifest beside this file. In a bundle there is none, or somebody else's. */
function ownVersion() {
  try {
    const { name, version } = /** @type {{ name: string, version: string }} */ (require(path.join(__dirname, 'package.json')))
    if (name === 'noxrun') return version
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'MODULE_NOT_FOUND') throw error
  }
  throw failure('bundled', platformHere(),
    'noxrun cannot be part of a bundle: its engine is a file of its own (.node), found from where the package is installed.\n' +
    "Leave it out of the bundle and beside it in node_modules: esbuild --external:noxrun; in webpack's `externals` or rollup's `external`: 'noxrun' and 'noxrun/testing'.")
}

/**
 * What `import 'noxrun'` throws where no engine can run. The class NoxrunError is not loaded yet; this
 * has its shape.
 * @param {'bundled' | 'platform' | 'missing' | 'other-platform' | 'version' | 'glibc' | 'load'} reason
 * @param {string} platform
 * @param {string} message
 * @param {unknown} [cause]
 */
function failure(reason, platform, message, cause) {
  const error = new Error(message, cause === undefined ? undefined : { cause })
  error.name = 'NoxrunError'
  return Object.assign(error, { code: 'ERR_UNSUPPORTED_PLATFORM', detail: { reason, platform } })
}

/** The version of the system's glibc; undefined elsewhere. Takes tens of milliseconds. */
function glibcVersion() {
  // Without this, Node would look up the names of all connected hosts.
  Object.assign(process.report, { excludeNetwork: true })
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  return header.glibcVersionRuntime
}

/** Whether this Node runs on musl: the file of the running program names the C library's loader near its beginning. */
function isMusl() {
  const head = Buffer.alloc(4096)
  try {
    const file = openSync('/proc/self/exe', 'r')
    try {
      readSync(file, head, 0, head.length, 0)
    } finally {
      closeSync(file)
    }
  } catch {
    // The report below knows, too.
  }
  const loader = /\/ld-(musl|linux)[\w.-]*\0/.exec(head.toString('latin1'))
  return loader === null ? glibcVersion() === undefined : loader[1] === 'musl'
}

function platformHere() {
  const { platform, arch } = process
  if (platform === 'win32') return `win32-${arch}-msvc`
  if (platform !== 'linux') return `${platform}-${arch}`
  const musl = isMusl()
  if (arch !== 'arm') return `linux-${arch}-${musl ? 'musl' : 'gnu'}`
  // The binary is for ARMv7: an older processor would stop at its first instruction.
  const { arm_version: armVersion } = /** @type {{ arm_version?: string }} */ (process.config.variables)
  return Number(armVersion) < 7 ? `linux-armv${armVersion}` : `linux-arm-${musl ? 'musleabihf' : 'gnueabihf'}`
}

/**
 * The folder and manifest of a platform's package; null when it is not installed.
 * @param {string} platform
 */
function packageOf(platform) {
  try {
    const manifest = require.resolve(`noxrun-${platform}/package.json`)
    return { dir: path.dirname(manifest), version: /** @type {{ version: string }} */ (require(manifest)).version }
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

/** @param {string} platform */
function notInstalled(platform) {
  const name = `noxrun-${platform}`
  const others = PLATFORMS.filter((other) => other !== platform && packageOf(other) !== null)
  if (others.length > 0) {
    return failure('other-platform', platform,
      `noxrun was installed for ${others.join(', ')}, but this Node runs on ${platform}: the package ${name} is missing.\n` +
      'Delete node_modules and install on the system that runs it; for an image, inside the image.\n' +
      `Or add what is missing: npm install ${name}@${version}`)
  }
  return failure('missing', platform,
    `noxrun's engine for this system is in the package ${name}, which is not installed. Any of these helps:\n` +
    '- Install without --omit=optional (or --no-optional): npm install --include=optional\n' +
    '- If package-lock.json was made on another system, npm may have kept only that system in it:\n' +
    '  delete node_modules and package-lock.json, and install again.\n' +
    `- Ask for the package by name: npm install ${name}@${version}`)
}

/**
 * @param {string} file
 * @param {string} platform
 */
function load(file, platform) {
  try {
    return require(file)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const needed = /GLIBC_([\d.]+)' not found/.exec(said)?.[1]
    if (needed !== undefined) {
      throw failure('glibc', platform,
        `noxrun's engine needs glibc ${needed} or newer; this system has ${glibcVersion() ?? 'another C library'}. ` +
        'A newer release of the system (or of the image) has it.', error)
    }
    throw failure('load', platform, `noxrun's engine is there, but does not load: ${said.trimEnd()}`, error)
  }
}

function findAndLoad() {
  const platform = platformHere()
  const chosen = process.env['NOXRUN_BINDING']
  if (chosen) return load(path.resolve(chosen), platform)
  if (!PLATFORMS.includes(platform)) {
    throw failure('platform', platform, `noxrun has no engine for ${platform}. It has one for ${PLATFORMS.join(', ')}.`)
  }
  const built = path.join(__dirname, `noxrun.${platform}.node`)
  if (existsSync(built)) return load(built, platform)
  const found = packageOf(platform)
  if (found === null) throw notInstalled(platform)
  if (found.version !== version) {
    throw failure('version', platform,
      `noxrun ${version} cannot run with noxrun-${platform} ${found.version}: both must be of one version.\n` +
      `Repair it with: npm install noxrun@${version} noxrun-${platform}@${version}`)
  }
  return load(path.join(found.dir, `noxrun.${platform}.node`), platform)
}

// The mark of a compiled module: without it each of our modules that imports this one would copy its
// names at import, which took two milliseconds.
module.exports = Object.defineProperty(findAndLoad(), '__esModule', { value: true })
