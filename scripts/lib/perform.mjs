// Brings a build up to date, as a step that shows its progress.
import process from 'node:process'
import { done, step } from './steps.mjs'

/**
 * @param {import('./build.mjs').Build} build
 * @param {{ quiet?: boolean }} [options] `quiet`: say nothing when there is nothing to do.
 * @returns {Promise<void>}
 */
export async function bringUpToDate(build, options = {}) {
  if (build.isFresh()) {
    if (!options.quiet) done(build.what, 'up to date')
    return
  }
  build.before()
  const { args, env } = build.command()
  await step(build.what, process.execPath, args, { env, remedy: build.remedy, log: build.name })
  build.after()
}
