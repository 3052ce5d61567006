// Folders for a while: gone when this process ends, by itself or by a signal.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

/** @type {Set<string>} */
const folders = new Set()
let watching = false

/** @param {string} folder */
export function removeScratch(folder) {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

/**
 * @param {string} name What its name begins with.
 * @returns {string}
 */
export function scratchFolder(name) {
  if (!watching) process.on('exit', () => { folders.forEach(removeScratch) })
  watching = true
  const folder = mkdtempSync(path.join(tmpdir(), `${name}-`))
  folders.add(folder)
  return folder
}
