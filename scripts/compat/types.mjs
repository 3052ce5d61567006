// TypeScript, strict and with every declaration file checked, in each way that modules are resolved.
import { cpSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { WORKED, consumer, must, node } from './suite.mjs'
import { TYPESCRIPTS, toolDir, toolProgram, versionOf } from './tools.mjs'

/** As people write it in their tsconfig; `file` says which module system the program is for. */
const RESOLUTIONS = /** @type {const} */ ([
  { file: 'typed.mts', options: ['--module', 'node16'] },
  { file: 'typed.cts', options: ['--module', 'node16'] },
  { file: 'typed.mts', options: ['--module', 'nodenext'] },
  { file: 'typed.cts', options: ['--module', 'nodenext'] },
  { file: 'typed.ts', options: ['--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit'] },
])

/** @param {import('./suite.mjs').Suite} suite */
export async function types(suite) {
  const dir = await consumer(suite, 'types')
  for (const name of ['typed.mts', 'typed.cts']) cpSync(path.join(dir, 'typed.ts'), path.join(dir, name))
  // The types of Node belong to the program, as in most of them; they are checked as well.
  const typesDir = path.join(dir, 'node_modules', '@types')
  mkdirSync(typesDir)
  cpSync(toolDir('types-node'), path.join(typesDir, 'node'), { recursive: true })
  cpSync(path.join(toolDir('types-node'), '..', 'undici-types'), path.join(dir, 'node_modules', 'undici-types'), { recursive: true })
  for (const compiler of TYPESCRIPTS) {
    for (const [i, { file, options }] of RESOLUTIONS.entries()) {
      await suite.checks.check(`${versionOf(compiler)}: ${file} ${options.join(' ')}`, async () => {
        const out = `out-${compiler}-${i}`
        await must(suite, dir, node, [
          toolProgram(compiler, 'tsc'), '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false',
          '--target', 'es2022', '--types', 'node', '--outDir', out, ...options, file,
        ])
        if (options.some((option) => option === '--noEmit')) return
        await must(suite, dir, node, [path.join(out, file.replace(/ts$/, 'js'))], { says: WORKED })
      })
    }
  }
}
