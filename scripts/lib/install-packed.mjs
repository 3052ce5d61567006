// The package as a user gets it: packed, and installed offline from its tarballs.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { npm } from './npm.mjs'
import { inRoot, root } from './paths.mjs'
import { run, tail } from './process.mjs'

/**
 * Packs what is built here: the package, and the package of this platform where the binding is in one.
 * @param {string} dir An empty folder for the tarballs.
 * @returns {Promise<string[]>} The tarballs, all of which are to be installed.
 */
export async function packed(dir) {
  const script = inRoot('scripts', 'pack.mjs')
  if (existsSync(script)) {
    const { status, output } = await run(process.execPath, [script, '--out', dir], { timeout: 300_000 })
    if (status !== 0) throw new Error(`scripts/pack.mjs failed (${status}):\n${tail(output, 30)}`)
  } else {
    await npm(['pack', '--ignore-scripts', '--pack-destination', dir], { cwd: root })
  }
  const platform = `noxrun-${process.platform}-${process.arch}`
  const tarballs = readdirSync(dir).filter((file) => /^noxrun-\d.*\.tgz$/.test(file) || (file.startsWith(platform) && !file.includes('musl')))
  if (tarballs.length === 0) throw new Error(`nothing was packed into ${dir}`)
  return tarballs.map((file) => path.join(dir, file))
}

/**
 * Installs tarballs with npm into a new folder, offline and without scripts.
 * @param {string} dir Made; a project of its own.
 * @param {readonly string[]} tarballs
 * @param {string} emptyCache A folder that npm may use and in which nothing is: the tarballs have to do.
 */
export async function installTarballs(dir, tarballs, emptyCache) {
  mkdirSync(dir, { recursive: true })
  writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ name: 'consumer', private: true }))
  await npm(['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error', ...tarballs], {
    cwd: dir,
    // Neither a module path nor a binding of the checkout's may help.
    env: { NODE_PATH: undefined, NAPI_RS_NATIVE_LIBRARY_PATH: undefined, NOXRUN_BINDING: undefined, npm_config_cache: emptyCache },
  })
}

/**
 * The native bindings in an installed package.
 * @param {string} dir The folder that it is installed in.
 * @returns {string[]}
 */
export function installedBindings(dir) {
  const modules = path.join(dir, 'node_modules')
  const found = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.node'))
  if (found.length === 0) throw new Error(`no .node file is installed in ${modules}`)
  return found.map((file) => path.join(modules, file))
}
