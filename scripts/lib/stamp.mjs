// "Did anything change since the last time?" by content, so that a checkout that only touched the
// files' times builds nothing again.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './paths.mjs'

/**
 * Every file under the given files and folders, sorted, as paths relative to the checkout.
 * Folders that builds write (`target`, `node_modules`) are left out.
 * @param {readonly string[]} entries
 * @returns {string[]}
 */
function filesUnder(entries) {
  /** @type {string[]} */
  const files = []
  /** @param {string} relative */
  const visit = (relative) => {
    const found = statSync(path.join(root, relative), { throwIfNoEntry: false })
    if (found?.isDirectory()) {
      for (const name of readdirSync(path.join(root, relative))) {
        if (name !== 'target' && name !== 'node_modules') visit(path.join(relative, name))
      }
    } else if (found) {
      files.push(relative)
    }
  }
  entries.forEach(visit)
  return files.sort()
}

/**
 * One digest over the content of files and folders, and over texts such as a compiler's version.
 * @param {readonly string[]} entries Paths relative to the checkout; missing ones count as absent.
 * @param {readonly string[]} [texts]
 * @returns {string}
 */
export function digest(entries, texts = []) {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`text ${text}\0`)
  for (const file of filesUnder(entries)) {
    hash.update(`file ${file}\0`).update(readFileSync(path.join(root, file))).update('\0')
  }
  return hash.digest('hex')
}

/**
 * Whether the stamp file says that this digest was reached.
 * @param {string} stampFile
 * @param {string} value
 * @returns {boolean}
 */
export function isStamped(stampFile, value) {
  try {
    return readFileSync(stampFile, 'utf8') === value
  } catch {
    return false
  }
}

/**
 * @param {string} stampFile
 * @param {string} value
 */
export function writeStamp(stampFile, value) {
  mkdirSync(path.dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, value)
}

/** @param {string} stampFile */
export function clearStamp(stampFile) {
  rmSync(stampFile, { force: true })
}
