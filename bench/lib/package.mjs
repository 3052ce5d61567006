// The built package that is measured: this one, or that of the folder which NOXRUN_BENCH_PACKAGE names.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** This project's own folder. */
export const ownFolder = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Checks that a folder holds a built noxrun, and gives a `require` that finds it by its package's `exports`,
 * wherever a build puts its files.
 * @param {string} folder
 */
export function requireFrom(folder) {
  const manifest = path.join(path.resolve(folder), 'package.json')
  try {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8'))
    if (name !== 'noxrun') throw new Error(`its package is ${name}`)
    const require = createRequire(manifest)
    readFileSync(require.resolve('noxrun/testing'))
    return require
  } catch (error) {
    throw new Error(`${folder} must be the folder of a built noxrun: ${error.message}`, { cause: error })
  }
}

const require = requireFrom(process.env.NOXRUN_BENCH_PACKAGE ?? ownFolder)
export const { Engine, render } = require('noxrun')
export const { createVirtualDevice } = require('noxrun/testing')
