// Package managers and the layouts that they make, installing by name from a registry of our own.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { npmCommand } from '../lib/npm.mjs'
import { run } from '../lib/process.mjs'
import { platformManifest } from '../pack/manifests.mjs'
import { platforms } from '../pack/platforms.mjs'
import { startRegistry } from '../ship/registry.mjs'
import { WORKED, must, node, project } from './suite.mjs'
import { toolProgram, versionOf } from './tools.mjs'

/**
 * @typedef {object} Manager
 * @property {string} title
 * @property {(url: string, caches: string) => { command: string, args: string[], env: Record<string, string> }} install
 * @property {boolean} [fetchesAll] Fetches the packages of all platforms before it asks which is this one's.
 * @property {string[]} [preload] How a program is started in its layout, besides Node itself.
 */

/**
 * @param {string} linker
 * @returns {Manager['install']}
 */
const berry = (linker) => (url, caches) => ({
  command: node,
  args: [toolProgram('yarn-berry', 'yarn'), 'install', '--mode=skip-build'],
  env: {
    YARN_NPM_REGISTRY_SERVER: url, YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1', YARN_NODE_LINKER: linker,
    YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_GLOBAL_CACHE: '0', YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
    YARN_GLOBAL_FOLDER: caches, YARN_CACHE_FOLDER: path.join(caches, 'cache'), YARN_NPM_MINIMAL_AGE_GATE: '0', YARN_PNP_ENABLE_ESM_LOADER: '1',
  },
})

/** @type {readonly Manager[]} */
const MANAGERS = [
  {
    title: 'npm',
    install(url, caches) {
      const [command, ...before] = npmCommand()
      return { command, args: [...before, 'install', '--ignore-scripts', '--no-audit', '--no-fund'], env: { npm_config_registry: url, npm_config_cache: caches } }
    },
  },
  {
    title: `${versionOf('pnpm')}, its strict layout of links`,
    install: (url, caches) => ({
      command: node,
      args: [toolProgram('pnpm', 'pnpm'), 'install', '--ignore-scripts', '--no-frozen-lockfile', '--store-dir', caches],
      env: { npm_config_registry: url, npm_config_minimum_release_age: '0', npm_config_manage_package_manager_versions: 'false' },
    }),
  },
  {
    title: `${versionOf('yarn-classic')} (classic)`, fetchesAll: true,
    install: (url, caches) => ({
      command: node,
      args: [toolProgram('yarn-classic', 'yarn'), 'install', '--ignore-scripts', '--non-interactive', '--registry', url, '--cache-folder', caches],
      env: { npm_config_registry: url },
    }),
  },
  { title: `${versionOf('yarn-berry')}, nodeLinker node-modules`, install: berry('node-modules') },
  {
    title: `${versionOf('yarn-berry')}, Plug'n'Play`, install: berry('pnp'),
    preload: ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs'],
  },
]

/** @param {import('./suite.mjs').Suite} suite */
export async function managers(suite) {
  const others = await emptyPlatforms(suite.scratch, suite.packed)
  const registry = await startRegistry([...suite.packed, ...others])
  for (const [i, { title, install, fetchesAll = false, preload = [] }] of MANAGERS.entries()) {
    await suite.checks.check(title, async () => {
      const dir = project(suite, `manager ${i}`)
      const caches = suite.consumers.folder(`caches ${i}`)
      mkdirSync(caches)
      writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ name: 'consumer', private: true, version: '1.0.0', license: 'MIT', dependencies: { noxrun: '*' } }))
      // An empty file marks the top of a project for yarn, so that no folder above is asked.
      writeFileSync(path.join(dir, 'yarn.lock'), '')
      const { command, args, env } = install(registry.url, caches)
      const before = registry.downloads.length
      // No home: neither its settings nor its caches.
      await must(suite, dir, command, args, { env: { HOME: caches, npm_config_userconfig: path.join(caches, 'npmrc'), ...env } })
      const fetched = registry.downloads.slice(before)
      const wanted = suite.packed.length + (fetchesAll ? others.length : 0)
      if (fetched.length !== wanted) throw new Error(`it fetched ${fetched.join(', ') || 'nothing'}`)
      for (const program of ['consumer.mjs', 'consumer.cjs']) await must(suite, dir, node, [...preload, program], { says: WORKED })
    })
  }
  await registry.close()
}

/**
 * Packages of the other platforms with nothing but their manifests in them.
 * @param {string} dir
 * @param {readonly string[]} packed Tarballs that are whole.
 * @returns {Promise<string[]>}
 */
async function emptyPlatforms(dir, packed) {
  const others = platforms.map(platformManifest).filter(({ name, version }) => !packed.some((file) => path.basename(file) === `${name}-${version}.tgz`))
  const staging = path.join(dir, 'empty', 'package')
  mkdirSync(staging, { recursive: true })
  const tarballs = []
  for (const manifest of others) {
    const tarball = path.join(dir, 'empty', `${manifest.name}-${manifest.version}.tgz`)
    writeFileSync(path.join(staging, 'package.json'), JSON.stringify(manifest))
    const { status, output } = await run('tar', ['-czf', tarball, '-C', path.dirname(staging), 'package'])
    if (status !== 0) throw new Error(output)
    tarballs.push(tarball)
  }
  return tarballs
}
