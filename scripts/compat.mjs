// node scripts/compat.mjs: pnpm and yarn, in each layout that they make, install the packed package by name
// from a registry on this machine, and programs use it there. (npm: scripts/pack-check.mjs.) npm fetches them.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Checks } from './lib/checks.mjs'
import { npm } from './lib/npm.mjs'
import { inRoot } from './lib/paths.mjs'
import { ask } from './lib/process.mjs'
import { platformManifest } from './pack/manifests.mjs'
import { packedHere } from './ship/packed.mjs'
import { startRegistry } from './ship/registry.mjs'
import { playAndCapture } from './ship/use.mjs'

/** @type {(linker: string) => Record<string, string>} */
const berry = (linker) => ({
  YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1', YARN_NODE_LINKER: linker, YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_GLOBAL_CACHE: '0',
  YARN_ENABLE_IMMUTABLE_INSTALLS: '0', YARN_NPM_MINIMAL_AGE_GATE: '0', YARN_PNP_ENABLE_ESM_LOADER: '1',
})

/**
 * @typedef {object} Manager
 * @property {string} title
 * @property {string} tool The npm package, at an exact version.
 * @property {string} program In it.
 * @property {readonly string[]} args
 * @property {Record<string, string>} [env]
 * @property {readonly string[]} [before] How a program is started in its layout.
 *
 * @type {readonly Manager[]}
 */
const MANAGERS = [
  {
    title: 'pnpm, its strict layout of links', tool: 'pnpm@10.34.8', program: 'bin/pnpm.cjs', args: ['--ignore-scripts', '--no-frozen-lockfile'],
    env: { npm_config_minimum_release_age: '0', npm_config_manage_package_manager_versions: 'false' },
  },
  { title: 'yarn classic', tool: 'yarn@1.22.22', program: 'bin/yarn.js', args: ['--ignore-scripts', '--non-interactive'] },
  { title: 'yarn, nodeLinker node-modules', tool: '@yarnpkg/cli-dist@4.18.1', program: 'bin/yarn.js', args: ['--mode=skip-build'], env: berry('node-modules') },
  {
    title: "yarn, Plug'n'Play", tool: '@yarnpkg/cli-dist@4.18.1', program: 'bin/yarn.js', args: ['--mode=skip-build'], env: berry('pnp'),
    before: ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs'],
  },
]

/**
 * Packages of the other platforms with nothing but their manifests in them: yarn classic fetches them all.
 * @param {string} dir
 * @param {readonly import('./pack/platforms.mjs').Platform[]} others
 */
function emptyPackages(dir, others) {
  return others.map(platformManifest).map((manifest) => {
    const folder = path.join(dir, manifest.name, 'package')
    const tarball = path.join(dir, `${manifest.name}-${manifest.version}.tgz`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest))
    if (ask('tar', ['-czf', tarball, '-C', path.dirname(folder), 'package']) === null) throw new Error(`tar could not pack ${tarball}`)
    return tarball
  })
}

const checks = new Checks('compat')
const packed = await packedHere()
const { consumers } = packed
const empty = emptyPackages(consumers.folder('empty'), packed.others)
const registry = await startRegistry([packed.root.file, ...packed.built.map((one) => one.packed.file), ...empty])
try {
  for (const [i, { title, tool, program, args, env = {}, before = [] }] of MANAGERS.entries()) {
    await checks.check(`${title} (${tool})`, async () => {
      const home = consumers.folder(`home ${i}`)
      await npm(['install', '--prefix', home, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error', tool])
      const dir = consumers.folder(`manager ${i}`)
      mkdirSync(dir)
      writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ name: 'consumer', private: true, version: '1.0.0', license: 'MIT', dependencies: { noxrun: '*' } }))
      // An empty file marks the top of a project for yarn, so that no folder above is asked.
      writeFileSync(path.join(dir, 'yarn.lock'), '')
      const manager = path.join(home, 'node_modules', tool.slice(0, tool.lastIndexOf('@')), program)
      await consumers.must(dir, process.execPath, [manager, 'install', ...args], {
        // No home: neither its settings nor its caches.
        HOME: home, npm_config_userconfig: path.join(home, 'npmrc'), npm_config_store_dir: path.join(home, 'store'),
        npm_config_registry: registry.url, YARN_REGISTRY: registry.url, YARN_CACHE_FOLDER: path.join(home, 'cache'),
        YARN_NPM_REGISTRY_SERVER: registry.url, YARN_GLOBAL_FOLDER: path.join(home, 'yarn'), ...env,
      })
      for (const file of ['consumer.mjs', 'consumer.cjs']) cpSync(inRoot('scripts', 'pack', file), path.join(dir, file))
      await playAndCapture(consumers, dir, process.execPath, before)
    })
  }
} finally {
  await registry.close()
  await packed.close()
}
checks.finish()
