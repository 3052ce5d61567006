// Bundlers, with the package left outside of the bundle as its documentation says, and what happens when
// it is not.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { WORKED, consumer, must, node } from './suite.mjs'
import { toolDir, toolProgram, versionOf } from './tools.mjs'

/** @param {import('./suite.mjs').Suite} suite */
export async function bundlers(suite) {
  const { checks } = suite
  const dir = await consumer(suite, 'bundlers')
  const esbuild = ['--bundle', '--platform=node', '--log-level=warning']
  const esbuildProgram = toolProgram('esbuild', 'esbuild')
  const rollup = toolProgram('rollup', 'rollup')

  for (const [format, extension] of [['esm', 'mjs'], ['cjs', 'cjs']]) {
    await checks.check(`${versionOf('esbuild')} --format=${format} --external:noxrun`, async () => {
      // CommonJS has no await outside of functions.
      const entry = format === 'esm' ? 'consumer.mjs' : 'consumer.cjs'
      const out = path.join('esbuild', `bundle.${extension}`)
      await must(suite, dir, node, [esbuildProgram, entry, ...esbuild, `--format=${format}`, '--external:noxrun', `--outfile=${out}`])
      await must(suite, dir, node, [out], { says: WORKED })
    })
  }
  await checks.check(`${versionOf('rollup')} --format es --external noxrun,noxrun/testing`, async () => {
    const out = path.join('rollup', 'bundle.mjs')
    await must(suite, dir, node, [rollup, 'consumer.mjs', '--format', 'es', '--external', 'noxrun,noxrun/testing,/^node:/', '--file', out])
    await must(suite, dir, node, [out], { says: WORKED })
  })
  await checks.check(`${versionOf('webpack')} with noxrun among the externals`, async () => {
    const out = path.join('webpack', 'bundle.js')
    mkdirSync(path.join(dir, 'webpack'))
    await must(suite, dir, node, ['webpack.cjs', toolDir('webpack'), 'consumer.cjs', out, 'external'])
    await must(suite, dir, node, [out], { says: WORKED })
  })

  await checks.check('esbuild without the external says at build or at import what is wrong', async () => {
    const out = path.join('esbuild', 'whole.cjs')
    const built = await suite.consumers.try(dir, node, [esbuildProgram, 'consumer.cjs', ...esbuild, '--format=cjs', `--outfile=${out}`])
    if (built.status !== 0) return saysWhy(built.output, 'refused at build time')
    const { output } = await must(suite, dir, node, [out], { status: 1 })
    return saysWhy(output, 'refused at import')
  })
  await checks.check('webpack without the external says at build or at import what is wrong', async () => {
    const out = path.join('webpack', 'whole.js')
    const built = await suite.consumers.try(dir, node, ['webpack.cjs', toolDir('webpack'), 'consumer.cjs', out])
    if (built.status !== 0) return saysWhy(built.output, 'refused at build time')
    const { output } = await must(suite, dir, node, [out], { status: 1 })
    return saysWhy(output, 'refused at import')
  })
}

/**
 * @param {string} output
 * @param {string} when
 */
function saysWhy(output, when) {
  if (!/\.node\b/.test(output) && !output.includes('ERR_UNSUPPORTED_PLATFORM')) throw new Error(`it names neither the binding nor a remedy:\n${output}`)
  return when
}
