// Whether a parts list is valid CycloneDX 1.6, by the standard's own schema.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { inRoot } from '../lib/paths.mjs'

const require = createRequire(import.meta.url)
const { default: Ajv } = /** @type {typeof import('ajv')} */ (require('ajv'))
const { default: addFormats } = /** @type {typeof import('ajv-formats')} */ (require('ajv-formats'))

/**
 * @param {string} name
 * @returns {import('ajv').AnySchemaObject}
 */
function schema(name) {
  const file = inRoot('node_modules', '@cyclonedx', 'cyclonedx-library', 'res', 'schema', `${name}.SNAPSHOT.schema.json`)
  /** @type {import('ajv').AnySchemaObject} */
  const parsed = JSON.parse(readFileSync(file, 'utf8'))
  return parsed
}

/**
 * @param {unknown} bom
 * @throws {Error} Says where it is not valid.
 */
export function checkSchema(bom) {
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats(ajv)
  // An address that is an `uri-reference` is an `iri-reference` as well, and ours have no other letters.
  ajv.addFormat('iri-reference', /^[\x21-\x7e]+$/)
  ajv.addFormat('idn-email', /^\S+@\S+$/)
  for (const name of ['spdx', 'jsf-0.82']) ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
  const validate = ajv.compile(schema('bom-1.6'))
  if (validate(bom)) return
  throw new Error((validate.errors ?? []).slice(0, 10).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`).join('\n'))
}
