/** Arguments: what was given, checked, with errors that a person can act on. */
import { parseArgs } from 'node:util'
import type { AnyCommand, AnyValues } from './command'

/** The command was called wrongly: exit status 2, with its usage line. */
export class UsageError extends Error {}

export interface Parsed {
  values: AnyValues
  positionals: string[]
  help: boolean
}

/**
 * Takes a command's arguments apart.
 * @throws UsageError for an unknown option, a missing or superfluous value, a wrong number of
 *   operands; not when help was asked for
 */
export function parse(command: AnyCommand, argv: readonly string[]): Parsed {
  const options = Object.entries(command.options)
  // Its tokens are checked below: parseArgs' own messages do not know the command.
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: {
      ...Object.fromEntries(
        options.map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' } as const]),
      ),
      help: { type: 'boolean', short: 'h' },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values: AnyValues = Object.fromEntries(
    options.map(([name, { value }]) => [name, value ? undefined : false]),
  )
  const given = tokens.filter((token) => token.kind === 'option')
  if (given.some(({ name }) => name === 'help')) return { values, positionals, help: true }
  for (const { name, rawName, value, inlineValue } of given) {
    const spec = command.options[name]
    if (spec === undefined || !rawName.startsWith('--')) {
      throw new UsageError(`${command.name} has no option '${rawName}'; ${optionsOf(command)}`)
    }
    if (spec.value !== undefined) values[name] = checkValue(rawName, spec.value, value, inlineValue)
    else if (value === undefined) values[name] = true
    else throw new UsageError(`${rawName} takes no value, got '${value}'`)
  }
  checkOperands(command, positionals)
  return { values, positionals, help: false }
}

function optionsOf(command: AnyCommand): string {
  return `it takes ${[...Object.keys(command.options), 'help'].map((name) => `--${name}`).join(', ')}`
}

function checkValue(
  name: string,
  placeholder: string,
  value: string | undefined,
  inline: boolean | undefined,
): string {
  if (value === undefined || value === '') {
    throw new UsageError(`${name} needs a value: ${name} ${placeholder}`)
  }
  // Most likely the value was forgotten and this is the next option; a negative number is not.
  if (inline !== true && /^-[^\d.]/.test(value)) {
    throw new UsageError(
      `${name} needs a value before '${value}'; one that begins with a dash is given as ${name}=${value}`,
    )
  }
  return value
}

function checkOperands({ name, operands }: AnyCommand, given: readonly string[]): void {
  const many = operands.at(-1)?.endsWith('...') === true
  const missing = operands[given.length]
  if (missing !== undefined) throw new UsageError(`${name} needs ${missing.replace('FILE...', 'at least one FILE')}`)
  if (given.length > operands.length && !many) {
    const takes = operands.length === 0 ? 'no arguments' : `only ${operands.join(' ')}`
    throw new UsageError(`${name} takes ${takes}, got '${given[operands.length] ?? ''}' as well`)
  }
  const empty = given.indexOf('')
  if (empty >= 0) throw new UsageError(`argument ${empty + 1} of ${name} is empty`)
}

/** What a number on the command line may be. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly whole?: boolean
  /** As 'Hz' or 'seconds'. */
  readonly unit?: string
}

/** The number that an option was given, or undefined without it. */
export function numberOption(
  name: string,
  text: string | undefined,
  { min, max, whole = false, unit }: NumberRange,
): number | undefined {
  if (text === undefined) return undefined
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  const kind = whole ? 'a whole number' : 'a number'
  const of = unit === undefined ? '' : ` of ${unit}`
  throw new UsageError(`${name} must be ${kind}${of} from ${min} to ${max}, got '${text}'`)
}

/** The word that an option was given, or undefined without it. */
export function wordOption<T extends string>(
  name: string,
  text: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (text === undefined) return undefined
  const found = allowed.find((one) => one === text)
  if (found !== undefined) return found
  throw new UsageError(`${name} must be ${allowed.slice(0, -1).join(', ')} or ${String(allowed.at(-1))}, got '${text}'`)
}

/** A path to write a WAV file to. */
export function wavPath(name: string, path: string): string {
  if (path.toLowerCase().endsWith('.wav')) return path
  throw new UsageError(`${name} must end in .wav, got '${path}'`)
}
