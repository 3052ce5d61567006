/** The package's version. */
import { createRequire } from 'node:module'

export function version(): string {
  // By its own name: this file runs from more than one folder.
  return (createRequire(__filename)('noxrun/package.json') as { version: string }).version
}
