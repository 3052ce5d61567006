// Sound libraries that are wrong in one way each, made by the C compiler.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inRoot } from '../lib/paths.mjs'
import { ask } from '../lib/process.mjs'

/**
 * A library with these functions and no others; each returns `result` whatever it is called with.
 * @param {string} dir Where to build it.
 * @param {readonly string[]} functions
 * @param {{ result?: number, needs?: string }} [options] `needs`: a library that it is linked with and that is nowhere.
 * @returns {Uint8Array}
 */
export function stub(dir, functions, { result = 0, needs } = {}) {
  const source = path.join(dir, 'stub.c')
  const library = path.join(dir, 'stub.so')
  /** @type {string[]} */
  let link = []
  if (needs !== undefined) {
    const needed = path.join(dir, needs)
    writeFileSync(source, 'int noxrun_is_needed(void) { return 0; }\n')
    compile([source, `-Wl,-soname,${needs}`, '-o', needed])
    link = ['-Wl,--no-as-needed', needed]
  }
  writeFileSync(source, functions.map((name) => `long ${name}(void) { return ${result}; }\n`).join('') || 'static int nothing;\n')
  compile([source, ...link, '-o', library])
  return readFileSync(library)
}

/** @param {readonly string[]} args */
function compile(args) {
  if (ask('cc', ['-shared', '-fPIC', '-w', ...args]) === null) throw new Error(`cc could not make a library of ${args.join(' ')}`)
}

/**
 * The functions of libasound that are used, from the source that names them.
 * @returns {string[]}
 */
export function alsaFunctions() {
  return listed('crates/asound/src/functions.rs', /^ +(snd_\w+)$/gm)
}

/**
 * The functions of libjack that must be there, from the source that names them.
 * @returns {string[]}
 */
export function jackFunctions() {
  return listed('crates/device/src/jack_functions.rs', /^ +"(jack_\w+)",$/gm)
}

/**
 * @param {string} file
 * @param {RegExp} pattern
 */
function listed(file, pattern) {
  const names = [...readFileSync(inRoot(file), 'utf8').matchAll(pattern)].flatMap(([, name]) => (name === undefined ? [] : [name]))
  if (names.length < 50) throw new Error(`${file} lists only ${names.length} functions: has its form changed?`)
  return names
}
