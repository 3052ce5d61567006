// Bundlers, with the package left outside of the bundle as its documentation says, and what happens when
// it is not.
import { mkdirSync, writeFileSync } from 'node:fs'
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

  /** Bundled whole: nothing may start, and the first words say why. @type {[string, string[], string][]} */
  const whole = [
    ['esbuild', [esbuildProgram, 'consumer.cjs', ...esbuild, '--format=cjs'], path.join('esbuild', 'whole.cjs')],
    ['webpack', ['webpack.cjs', toolDir('webpack'), 'consumer.cjs'], path.join('webpack', 'whole.js')],
  ]
  for (const [tool, args, out] of whole) {
    await checks.check(`${tool} without the external: one error that says what to do`, async () => {
      const built = await suite.consumers.try(dir, node, [...args, tool === 'esbuild' ? `--outfile=${out}` : out])
      if (built.status !== 0) {
        if (!/\.node\b/.test(built.output)) throw new Error(`its error does not name the binding:\n${built.output}`)
        return 'refused at build time'
      }
      await must(suite, dir, node, [out], { status: 1, says: '--external:noxrun' })
      // Beside somebody else's manifest, such as that of the program itself.
      writeFileSync(path.join(dir, path.dirname(out), 'package.json'), JSON.stringify({ name: 'program', version: '9.9.9' }))
      await must(suite, dir, node, [out], { status: 1, says: '--external:noxrun' })
      return 'refused at import'
    })
  }
}
