// What is asked of a built file without running it: the architecture, the oldest glibc it runs with,
// the libraries it names, and its size.
import { statSync } from 'node:fs'
import { ask } from '../lib/process.mjs'

/** What a package may weigh, unpacked. */
export const MAX_BYTES = 4e6
/** Servers and cards are reached through libraries that may be missing: nothing may name them. */
const LOADED_LATER = /libasound|libjack|libpulse|libpipewire|libdbus|libgcc_s|libstdc\+\+/

/**
 * @param {string} file
 * @param {readonly string[]} args
 */
function objdump(file, args) {
  const text = ask('objdump', [...args, file])
  if (text === null) throw new Error(`objdump could not read ${file}: is binutils installed?`)
  return text
}

/**
 * @param {string} a
 * @param {string} b
 */
function byVersion(a, b) {
  const [x, y] = [a, b].map((text) => text.split('.').map(Number))
  return (x?.[0] ?? 0) - (y?.[0] ?? 0) || (x?.[1] ?? 0) - (y?.[1] ?? 0) || (x?.[2] ?? 0) - (y?.[2] ?? 0)
}

/**
 * The newest version of glibc that a file asks for, or null when it asks for none.
 * @param {string} file
 * @returns {string | null}
 */
export function glibcOf(file) {
  const versions = [...objdump(file, ['-T']).matchAll(/\bGLIBC_(\d+(?:\.\d+)+)/g)].map((match) => match[1] ?? '')
  return versions.sort(byVersion).pop() ?? null
}

/**
 * @param {string} file
 * @param {import('./targets.mjs').Target} target
 * @returns {string} The floor that was found.
 */
export function checkGlibc(file, target) {
  const found = glibcOf(file)
  if (target.glibc === null) {
    if (found !== null) throw new Error(`a file for musl asks for glibc ${found}`)
    return 'no glibc'
  }
  if (found === null) throw new Error('no versioned symbol of glibc: this is no file for glibc')
  if (byVersion(found, target.glibc) > 0) throw new Error(`needs glibc ${found}, promised is ${target.glibc}`)
  return `runs with glibc ${found}`
}

/**
 * @param {string} file
 * @param {import('./targets.mjs').Target} target
 * @returns {string} The libraries that the file names.
 */
export function checkNeeded(file, target) {
  const text = objdump(file, ['-p'])
  const format = /file format (\S+)/.exec(text)?.[1] ?? '?'
  if (format !== target.format) throw new Error(`is ${format}, not ${target.format}`)
  const needed = [...text.matchAll(/^\s+NEEDED\s+(\S+)$/gm)].map((match) => match[1] ?? '')
  const wrong = needed.filter((name) => LOADED_LATER.test(name))
  if (wrong.length > 0) throw new Error(`does not load where ${wrong.join(', ')} is missing`)
  return needed.join(' ')
}

/**
 * @param {string} file
 * @returns {string}
 */
export function checkSize(file) {
  const { size } = statSync(file)
  const text = `${(size / 1e6).toFixed(2)} MB`
  if (size > MAX_BYTES) throw new Error(`${text}, more than ${MAX_BYTES / 1e6} MB`)
  return text
}
