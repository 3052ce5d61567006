/** Checks of arguments. Each message names the argument, the value and what is allowed. */
import { inspect } from 'node:util'
import { NoxrunError } from './errors'

function show(value: unknown): string {
  return inspect(value, { depth: 0, maxStringLength: 60, breakLength: Infinity })
}

/** ERR_INVALID_ARG: `name` must be `allowed`. */
export function invalid(name: string, value: unknown, allowed: string): NoxrunError {
  return new NoxrunError('ERR_INVALID_ARG', `${name} must be ${allowed}, got ${show(value)}`)
}

/** ERR_OUT_OF_RANGE: `name` must be `allowed`. */
export function outOfRange(name: string, value: unknown, allowed: string): NoxrunError {
  return new NoxrunError('ERR_OUT_OF_RANGE', `${name} must be ${allowed}, got ${show(value)}`)
}

function range(min: number, max: number): string {
  return max === Infinity ? `${min} or more` : `from ${min} to ${max}`
}

/** A finite number in [min, max]. */
export function number(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw invalid(name, value, `a finite number ${range(min, max)}`)
  }
  if (value < min || value > max) throw outOfRange(name, value, range(min, max))
  return value
}

/** A finite number; that it is in [min, max] the engine checks. */
export function finite(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw invalid(name, value, `a finite number ${range(min, max)}`)
  }
  return value
}

/** A whole number in [min, max]. A fraction is out of range, as in Node. */
export function integer(name: string, value: unknown, min: number, max: number): number {
  const allowed = `a whole number from ${min} to ${max}`
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(name, value, allowed)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw outOfRange(name, value, allowed)
  }
  return value
}

export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalid(name, value, 'true or false')
  return value
}

export function string(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalid(name, value, 'a non-empty string')
  return value
}

/** A path as the system takes it: to it a NUL byte is an end. */
export function withoutNul(name: string, path: string): string {
  if (path.includes('\0')) throw invalid(name, path, 'a path without NUL bytes')
  return path
}

export function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value)
  if (found === undefined) {
    throw invalid(name, value, `one of ${allowed.map((one) => `'${one}'`).join(', ')}`)
  }
  return found
}

/** One of the allowed names; the first one where none is given. */
export function choice<T extends string>(name: string, value: unknown, allowed: readonly [T, ...T[]]): T {
  return value === undefined ? allowed[0] : oneOf(name, value, allowed)
}

/**
 * An options object with known keys only; `undefined` stands for an empty one. As in Node, what it
 * inherits counts and only its own keys can be unknown: so read the known ones, do not spread it.
 */
export function options<T extends object>(
  name: string,
  value: T | undefined,
  known: readonly (keyof T & string)[],
): Partial<T> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || (value as unknown) === null || Array.isArray(value)) {
    throw invalid(name, value, 'an object')
  }
  for (const key of Object.keys(value)) {
    if (!known.some((one) => one === key)) {
      throw new NoxrunError(
        'ERR_INVALID_ARG',
        `${name} has no option '${key}'; it takes ${known.map((one) => `'${one}'`).join(', ')}`,
      )
    }
  }
  return value
}

export function signal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined
  if (!(value instanceof AbortSignal)) throw invalid('signal', value, 'an AbortSignal')
  return value
}

/** `check(value)` unless the value is undefined. */
export function optional<T, R>(value: T | undefined, check: (value: T) => R): R | undefined {
  return value === undefined ? undefined : check(value)
}
