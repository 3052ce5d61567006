// Projects that use the package: empty folders into which npm installs it from the registry of this
// machine, and the programs of scripts/pack that are run there.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { npmCommand } from '../lib/npm.mjs'
import { inRoot } from '../lib/paths.mjs'
import { run, tail } from '../lib/process.mjs'
import { removeScratch, scratchFolder } from '../lib/scratch.mjs'

/** @typedef {import('./registry.mjs').Registry} Registry */

/** A module path, a checkout's own binding or an `npm run` around us must not help the consumer. */
const ours = Object.keys(process.env).filter((name) => /^(npm_|NODE_PATH$|NODE_OPTIONS$|NOXRUN_|INIT_CWD$)/i.test(name))
const clean = Object.fromEntries(ours.map((name) => [name, undefined]))

export class Consumers {
  // The name has a space in it, as folders of real people do.
  #scratch = scratchFolder('noxrun ship')
  #registry

  /** @param {Registry} registry */
  constructor(registry) {
    this.#registry = registry
  }

  /**
   * A path in the folder that holds all of them.
   * @param {string} name
   */
  folder(name) {
    return path.join(this.#scratch, name)
  }

  /**
   * Runs a program in a consumer's folder; returns its standard output, throws what it said when it failed.
   * @param {string} dir
   * @param {string} command
   * @param {readonly string[]} args
   * @param {Record<string, string>} [env]
   * @returns {Promise<string>}
   */
  async must(dir, command, args, env = {}) {
    const { status, output, stdout, timedOut } = await this.try(dir, command, args, env)
    if (status !== 0) {
      throw new Error(`${path.basename(command)} ${args.join(' ')} ${timedOut ? 'did not end by itself' : `failed (${status})`}:\n${tail(output, 30)}`)
    }
    return stdout
  }

  /**
   * The same, for programs that may fail.
   * @param {string} dir
   * @param {string} command
   * @param {readonly string[]} args
   * @param {Record<string, string>} [env]
   */
  try(dir, command, args, env = {}) {
    const cache = { npm_config_cache: this.folder('npm cache'), npm_config_update_notifier: 'false' }
    return run(command, args, { cwd: dir, timeout: 180_000, env: { ...clean, ...cache, ...env } })
  }

  /**
   * @param {string} dir
   * @param {readonly string[]} args
   */
  npm(dir, args) {
    const [command, ...before] = npmCommand()
    const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error', '--registry', this.#registry.url]
    return this.must(dir, command, [...before, ...args, ...quiet])
  }

  /**
   * A fresh folder with the package installed, without any script being run.
   * @param {string} name
   * @param {{ files?: readonly string[], args?: readonly string[] }} [options] `files`: copied from scripts/pack. `args`: of npm install.
   * @returns {Promise<string>}
   */
  async install(name, { files = [], args = [] } = {}) {
    const dir = this.folder(name)
    mkdirSync(dir)
    writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ name: name.replaceAll(/\W+/g, '-'), private: true }))
    await this.npm(dir, ['install', '--ignore-scripts', ...args, 'noxrun'])
    for (const file of files) cpSync(inRoot('scripts', 'pack', file), path.join(dir, file))
    return dir
  }

  remove() {
    removeScratch(this.#scratch)
  }
}
