// Where things are in the checkout, whatever the current directory is.
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout's top folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/** State of the scripts themselves: stamps and logs. Not committed, may be deleted at any time. */
export const stateDir = path.join(root, '.noxrun')

/**
 * The cargo target folder that plain `cargo` uses here.
 * @returns {string}
 */
export function cargoTargetDir() {
  return path.resolve(root, process.env['CARGO_TARGET_DIR'] ?? 'target')
}

/**
 * A path inside the checkout.
 * @param {string[]} parts
 * @returns {string}
 */
export function inRoot(...parts) {
  return path.join(root, ...parts)
}
