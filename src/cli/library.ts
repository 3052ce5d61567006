/** The package itself, loaded when a command needs it: help and usage errors do without. */
import type * as Noxrun from '../../index.js'
import { NoxrunError } from '../errors'

export type Library = typeof Noxrun

/** @throws NoxrunError ERR_UNSUPPORTED_PLATFORM when the native engine cannot be loaded */
export async function library(): Promise<Library> {
  try {
    return await import('../../index.js')
  } catch (error) {
    const message = `the native engine could not be loaded: ${error instanceof Error ? error.message : String(error)}`
    throw new NoxrunError('ERR_UNSUPPORTED_PLATFORM', message, error)
  }
}
