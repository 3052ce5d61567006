// node scripts/structure-check.mjs [--print]: what may know what. Fails on a circle of files and on an
// arrow that goes up in the layers of `scripts/structure/layers.mjs`.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { inRoot } from './lib/paths.mjs'
import { crates } from './structure/layers.mjs'

/** @param {string} folder @returns {string[]} Rust files below it, relative, without tests. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.rs') && !/(^|\/)(tests|models)(\/|\.rs$)/.test(file))
    .sort()
}

/**
 * The file that holds a path of modules, as `['voices', 'Slots']`: the longest that there is.
 * @param {ReadonlySet<string>} files
 * @param {readonly string[]} names
 */
function fileOf(files, names) {
  for (let count = names.length; count > 0; count--) {
    const stem = names.slice(0, count).join('/')
    for (const file of [`${stem}.rs`, `${stem}/mod.rs`]) if (files.has(file)) return file
  }
  return undefined
}

/** @param {string} file The module that it is, as a path. */
const moduleOf = (file) => file.replace(/(\/mod)?\.rs$/, '').split('/')

/** Writes `a::{b, c::{d, e}}` out. @param {string} tree @returns {string[][]} */
function paths(tree) {
  const open = tree.indexOf('{')
  if (open < 0) return [tree.split('::').map((name) => name.trim().replace(/ as .*/, '')).filter(Boolean)]
  const head = tree.slice(0, open).split('::').map((name) => name.trim()).filter(Boolean)
  const parts = []
  let [depth, from] = [0, open + 1]
  for (let i = open + 1; i < tree.length; i++) {
    const char = tree[i]
    if (char === '{') depth++
    if ((char === ',' && depth === 0) || (char === '}' && depth === 0)) {
      parts.push(tree.slice(from, i))
      from = i + 1
    }
    if (char === '}') depth--
  }
  return parts.flatMap((part) => (part.trim() ? paths(part) : [])).map((names) => [...head, ...names])
}

/**
 * What a file uses of its own crate.
 * @param {string} source
 * @param {string} file
 */
function uses(source, file) {
  const code = source.replace(/#\[cfg\(test\)\]\s*mod [\s\S]*$/, '').replaceAll(/\/\/.*$/gm, '')
  const trees = [...code.matchAll(/\b(?:pub(?:\([^)]*\))? )?use ((?:crate|super|self)::[\s\S]*?);/g)].map((match) => match[1] ?? '')
  const inline = [...code.matchAll(/\b(crate(?:::\w+)+)/g)].map((match) => match[1] ?? '')
  const here = moduleOf(file)
  const isRoot = file.endsWith('/mod.rs') || file === 'lib.rs'
  return [...trees, ...inline].flatMap(paths).map((names) => {
    let base = isRoot || !file.includes('/') ? here : here
    let rest = names
    if (rest[0] === 'crate') return rest.slice(1)
    if (rest[0] === 'self') return [...here, ...rest.slice(1)]
    while (rest[0] === 'super') {
      base = base.slice(0, -1)
      rest = rest.slice(1)
    }
    return [...base, ...rest]
  })
}

/** @param {string} folder @returns {Map<string, Set<string>>} What each file uses. */
function arrows(folder) {
  const list = filesBelow(folder)
  const files = new Set(list)
  /** @type {Map<string, Set<string>>} */
  const found = new Map()
  for (const file of list) {
    const used = uses(readFileSync(path.join(folder, file), 'utf8'), file).map((names) => fileOf(files, names))
    found.set(file, new Set(used.flatMap((one) => (one === undefined || one === file || one === 'lib.rs' ? [] : [one]))))
  }
  // A folder's first file declares what is in the folder; that is no arrow. It may use it, too.
  for (const [file, used] of found) {
    if (!isFolderFile(file, files)) continue
    for (const one of used) if (one.startsWith(`${moduleOf(file).join('/')}/`)) used.delete(one)
  }
  return found
}

/** @param {string} file @param {ReadonlySet<string>} files */
const isFolderFile = (file, files) => file.endsWith('/mod.rs') || [...files].some((one) => one.startsWith(`${file.slice(0, -3)}/`))

/** The circles: sets of files that reach each other. @param {Map<string, Set<string>>} graph */
function circles(graph) {
  /** @type {Map<string, { index: number, low: number, on: boolean }>} */
  const seen = new Map()
  /** @type {string[]} */
  const stack = []
  /** @type {string[][]} */
  const found = []
  /** @param {string} file */
  const visit = (file) => {
    const own = { index: seen.size, low: seen.size, on: true }
    seen.set(file, own)
    stack.push(file)
    for (const next of graph.get(file) ?? []) {
      const other = seen.get(next)
      if (other === undefined) own.low = Math.min(own.low, visit(next))
      else if (other.on) own.low = Math.min(own.low, other.index)
    }
    if (own.low === own.index) {
      const circle = stack.splice(stack.indexOf(file))
      for (const one of circle) { const entry = seen.get(one); if (entry) entry.on = false }
      if (circle.length > 1) found.push(circle.sort())
    }
    return own.low
  }
  for (const file of graph.keys()) if (!seen.has(file)) visit(file)
  return found
}

/** @param {string} file @param {readonly (readonly string[])[]} layers */
function layerOf(file, layers) {
  const module = moduleOf(file).join('/')
  return layers.findIndex((names) => names.some((name) => module === name || module.startsWith(`${name}/`)))
}

let [passed, failed] = [0, 0]
/** @param {boolean} good @param {string} what @param {readonly string[]} why */
function tell(good, what, why) {
  console.log(`${good ? '✔' : '✘'} ${what}`)
  for (const line of why) console.log(`    ${line}`)
  if (good) passed++
  else failed++
}

for (const { name, layers, shared = [] } of crates) {
  const folder = inRoot('crates', name, 'src')
  if (!existsSync(folder)) throw new Error(`there is no crate ${name}`)
  const graph = arrows(folder)
  if (process.argv.includes('--print')) {
    for (const [file, used] of graph) console.log(`${file}: ${[...used].join(' ')}`)
  }
  const found = circles(graph)
  tell(found.length === 0, `${name}: no circle of files`, found.map((circle) => circle.join(', ')))
  const unknown = [...graph.keys()].filter((file) => file !== 'lib.rs' && layerOf(file, layers) < 0)
  tell(unknown.length === 0, `${name}: every file stands in a layer`, unknown)
  const up = [...graph].flatMap(([file, used]) => file === 'lib.rs' ? [] : [...used]
    .filter((one) => !shared.includes(one) && layerOf(one, layers) > layerOf(file, layers))
    .map((one) => `${file} uses ${one}`))
  tell(up.length === 0, `${name}: no arrow goes up`, up)
}
console.log(`structure: ${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
