// Package managers and the layouts that they make, installing by name from a registry of our own.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { npmCommand } from '../lib/npm.mjs'
import { WORKED, must, node, project } from './suite.mjs'
import { toolProgram, versionOf } from './tools.mjs'

/**
 * @typedef {object} Manager
 * @property {string} title
 * @property {(url: string, caches: string) => { command: string, args: string[], env: Record<string, string> }} install
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
    title: `${versionOf('yarn-classic')} (classic)`,
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
  const { registry } = suite
  for (const [i, { title, install, preload = [] }] of MANAGERS.entries()) {
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
      if (fetched.length !== suite.tarballs) throw new Error(`it fetched ${fetched.join(', ') || 'nothing'}`)
      for (const program of ['consumer.mjs', 'consumer.cjs']) await must(suite, dir, node, [...preload, program], { says: WORKED })
    })
  }
}
