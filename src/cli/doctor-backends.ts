/** What the engine says about the libraries that its backends need. */
import * as binding from '#binding'
import type { Backend } from '../devices'

/** A backend whose library cannot be used, as the engine found it. */
export interface MissingBackend {
  backend: Backend
  /** Why. */
  problem: string
  /** What to install. */
  remedy: string
}

/** Loads the libraries, and tells of those that it could not. */
export function missingBackends(): MissingBackend[] {
  return binding.missingBackends().map(({ backend, problem, remedy }) => ({
    backend: backend as Backend, problem, remedy,
  }))
}
