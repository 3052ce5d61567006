// A package for a platform whose binary is not here, so that npm can be told to install the wrong one.
// The loader must refuse it before it looks at the binary, so any binary does.
import { mkdtempSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { packPlatform } from '../pack/stage.mjs'

/**
 * @param {import('../pack/all.mjs').PackedAll} packed
 * @param {import('../pack/platforms.mjs').Platform} platform
 * @param {string} scratch
 * @returns {Promise<import('../pack/all.mjs').PackedAll>} With that platform.
 */
export async function standIn(packed, platform, scratch) {
  const [first] = packed.built
  if (packed.built.some((one) => one.platform === platform) || first === undefined) return packed
  const dir = mkdtempSync(path.join(scratch, 'stand-in-'))
  const one = await packPlatform(platform, readFileSync(first.binary), { out: dir, staging: dir, extra: {} })
  return { ...packed, built: [...packed.built, { platform, binary: first.binary, packed: one }] }
}
