/** The package itself, loaded when a command needs it: help and usage errors do without. */
import type * as Noxrun from '../../index.js'
import { NoxrunError } from '../errors'

export type Library = typeof Noxrun

/** @throws NoxrunError ERR_UNSUPPORTED_PLATFORM when the native engine cannot be loaded */
export async function library(): Promise<Library> {
  try {
    return await import('../../index.js')
  } catch (error) {
    const message = `the native engine could not be loaded: ${reason(error)}`
    throw new NoxrunError('ERR_UNSUPPORTED_PLATFORM', message, error)
  }
}

/**
 * The loader looks for a binding in several places and chains what each said. Of a file that is
 * there and does not load it matters why; without one, that there is none.
 */
function reason(error: unknown): string {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (!one.message.startsWith('Cannot find')) return one.message
  }
  return `this package holds none for ${process.platform} ${process.arch}`
}
