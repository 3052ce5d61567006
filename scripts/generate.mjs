// node scripts/generate.mjs: writes what is made from the engine's tables, src/generated/operations.ts,
// with the binding that is built. CI fails when the committed file differs.
import { createRequire } from 'node:module'
import { writeFileSync } from 'node:fs'
import { inRoot } from './lib/paths.mjs'

/** @typedef {{ name: string, doc: string, args: { name: string, doc: string, kind: string }[] }} Operation */

const binding = /** @type {{ operationSpecs: () => Operation[] }} */ (createRequire(import.meta.url)(inRoot('binding.cjs')))

/** @param {string} name */
const camel = (name) => name.replaceAll(/_(.)/g, (_, /** @type {string} */ letter) => letter.toUpperCase())

/**
 * The TypeScript of an argument: its parameters, and what writes it behind `r[n]`.
 * @param {{ name: string, kind: string }} arg
 * @returns {{ params: string[], values: string[], list?: string }}
 */
function crossing({ name: snake, kind }) {
  const name = camel(snake)
  switch (kind) {
    case 'number': return { params: [`${name}: number`], values: [name] }
    case 'flag': return { params: [`${name}: boolean`], values: [`${name} ? 1 : 0`] }
    case 'optionalNumber': return { params: [`${name}: number | undefined`], values: [`${name} ?? NONE`] }
    case 'optionalRange': return { params: [`${name}: Range | undefined`], values: [`${name}?.start ?? NONE`, `${name}?.end ?? NONE`] }
    case 'time': return { params: [`${name}: Time`], values: [`${name}.at`, `${name}.kind`] }
    case 'param': return { params: ['kind: number', 'owner: number', 'index: number'], values: ['kind', 'owner', 'index'] }
    case 'numbers': return { params: [`${name}: readonly number[]`], values: [], list: name }
    case 'points': return { params: [`${name}: readonly Step[]`], values: [], list: name }
    default: throw new Error(`no way to write an argument of kind ${kind}`)
  }
}

/** Numbers of each entry of a list. */
const WIDTH = { numbers: 1, points: 4 }

/**
 * @param {Operation} operation
 * @param {number} code
 */
function method({ name, doc, args }, code) {
  const sides = args.map((arg) => ({ ...crossing(arg), kind: arg.kind }))
  const lines = [`    r[0] = ${code}`]
  let place = 1
  let length = String(1)
  for (const { values, list, kind } of sides) {
    for (const value of values) lines.push(`    r[${place++}] = ${value}`)
    if (list === undefined) continue
    // A list is the last argument.
    lines.push(`    r[${place++}] = ${list}.length`)
    length = ` + ${WIDTH[/** @type {keyof WIDTH} */ (kind)]} * ${list}.length`
    lines.push(`    write${kind === 'points' ? 'Points' : 'Numbers'}(r, ${place}, ${list})`)
  }
  const room = length === '1' ? String(place) : `${place}${length}`
  const documented = args.map((arg) => `   * @param ${arg.kind === 'param' ? 'kind' : camel(arg.name)} ${arg.doc}`)
  return [
    '  /**', ...doc.split('\n').map((line) => `   * ${line.trim()}`), ...documented, '   */',
    `  ${name}(${sides.flatMap(({ params }) => params).join(', ')}): number {`,
    `    const r = this.open(${room})`, ...lines, '    return this.submit()', '  }',
  ].join('\n')
}

const text = `// Written by scripts/generate.mjs from the table of operations (crates/session/src/operation/mod.rs): do
// not edit. Each method writes a record of plain numbers and submits it.
import type { Step } from '../automation'
import type { Time } from '../when'

const NONE = -1

/** A part, the end excluded. */
export interface Range {
  readonly start: number
  readonly end: number
}

function writeNumbers(r: Float64Array, from: number, numbers: readonly number[]): void {
  r.set(numbers, from)
}

function writePoints(r: Float64Array, from: number, points: readonly Step[]): void {
  let place = from
  for (const { time, value, curve } of points) {
    r[place++] = time.at
    r[place++] = time.kind
    r[place++] = value
    r[place++] = curve
  }
}

/** Every operation that an engine takes. */
export abstract class Operations {
  /** The record that is written next, with room for \`length\` numbers. */
  protected abstract open(length: number): Float64Array

  /** Submits the record. Returns the key of what it makes; 0 where it makes nothing. */
  protected abstract submit(): number

${binding.operationSpecs().map(method).join('\n\n')}
}
`
writeFileSync(inRoot('src', 'generated', 'operations.ts'), text)
