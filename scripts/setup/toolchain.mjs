// Are Node and Rust here, and new enough to develop with?
import process from 'node:process'
import { ask } from '../lib/process.mjs'
import { SetupError, done } from '../lib/steps.mjs'

const NODE = '20.17.0'
const RUST = '1.88.0'
const GET_RUST = `Rust ${RUST} or newer, either way:
  rustup from https://rustup.rs, then: rustup toolchain install stable --component rustfmt,clippy && rustup default stable
  Debian 13 and newer:               apt-get install rustup && rustup default stable`

/**
 * @param {string} version
 * @param {string} least
 * @returns {boolean}
 */
export function isAtLeast(version, least) {
  const [have, want] = [version, least].map((text) => text.split(/[.-]/).map((part) => Number.parseInt(part, 10)))
  for (let i = 0; i < 3; i++) {
    const difference = (have?.[i] ?? 0) - (want?.[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/** @throws {SetupError} When Node or Rust is missing or too old. */
export function checkToolchain() {
  if (!isAtLeast(process.versions.node, NODE)) {
    throw new SetupError(
      `Node ${process.versions.node} is too old to develop with: ${NODE} or newer is needed (the built package runs on 20.11).\n` +
        'Get it from https://nodejs.org or your distribution.',
    )
  }
  /** @type {string[]} */
  const found = [`Node ${process.versions.node}`]
  for (const tool of ['rustc', 'cargo']) {
    const version = ask(tool, ['--version'])?.split(' ')[1]
    if (version === undefined) throw new SetupError(`${tool} was not found on the PATH.\n${GET_RUST}`)
    if (!isAtLeast(version, RUST)) throw new SetupError(`${tool} ${version} is too old.\n${GET_RUST}`)
    found.push(`${tool} ${version}`)
  }
  done('toolchain', found.join(', '))
}
