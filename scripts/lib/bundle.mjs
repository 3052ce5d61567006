// node scripts/lib/bundle.mjs: makes dist/. tsc writes the declarations; rollup puts the code into few
// files, so that an import reads few. Every class is in one of them only:
//   noxrun.js    the library: what noxrun and noxrun/testing export
//   errors.js    what the command line needs of it before it loads the engine
//   src/cli.js   the command line; doctor-backends.js is its part that calls the engine
//   index.js, src/testing.js     what package.json names: they hand on what is above
//   index.mjs, src/testing.mjs   the same for `import`
// When an ES module imports a CommonJS file, Node reads all of that file for its names: the last two spare
// it that.
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { rollup } from 'rollup'
import ts from 'typescript'
import { binOf } from './build.mjs'
import { inRoot, root } from './paths.mjs'

const dist = inRoot('dist')
/** What is imported, by its file in dist/. */
const LIBRARY = { index: inRoot('index.ts'), 'src/testing': inRoot('src', 'testing.ts') }
const CLI = { 'src/cli': inRoot('src', 'cli.ts') }

/** Takes the types out; whether they hold, tsc says. @type {import('rollup').Plugin} */
const withoutTypes = {
  name: 'without-types',
  resolveId(source, importer) {
    if (importer === undefined || !source.startsWith('.')) return null
    return `${path.resolve(path.dirname(importer), source.replace(/\.js$/, ''))}.ts`
  },
  transform(code, fileName) {
    const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, sourceMap: true, removeComments: true }
    const { outputText, sourceMapText = '' } = ts.transpileModule(code, { fileName, compilerOptions })
    return { code: outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, ''), map: sourceMapText }
  },
}

/**
 * The library's modules: its entries and all that they import.
 * @param {import('rollup').GetModuleInfo} getModuleInfo
 */
function libraryModules(getModuleInfo) {
  const found = new Set(Object.values(LIBRARY))
  for (const id of found) getModuleInfo(id)?.importedIds.forEach((imported) => found.add(imported))
  return found
}

async function bundle() {
  const build = await rollup({
    input: { ...LIBRARY, ...CLI },
    plugins: [withoutTypes],
    external: [/^node:/, '#binding'],
    onwarn(warning) {
      if (warning.code !== 'CIRCULAR_DEPENDENCY') throw new Error(warning.message)
    },
  })
  const { output } = await build.write({
    dir: dist, format: 'cjs', entryFileNames: '[name].js', chunkFileNames: '[name].js', sourcemap: true,
    generatedCode: 'es2015', minifyInternalExports: false, externalLiveBindings: false, hoistTransitiveImports: false, esModule: true,
    // The binding is marked as a compiled module: its functions are called on it, not on a copy of it.
    interop: (id) => id === '#binding' ? 'esModule' : 'default',
    manualChunks(id, { getModuleInfo }) {
      if (id === inRoot('src', 'errors.ts')) return 'errors'
      return libraryModules(getModuleInfo).has(id) ? 'noxrun' : undefined
    },
  })
  await build.close()
  return output.filter((file) => file.type === 'chunk')
}

/**
 * What `import` reads, made of the names that the CommonJS file exports.
 * @param {string} name
 * @param {readonly string[]} names
 */
function writeModule(name, names) {
  const list = [...names].sort().join(', ')
  const beside = `./${path.basename(name)}.js`
  writeFileSync(path.join(dist, `${name}.mjs`), `import { createRequire } from 'node:module'
const { ${list} } = createRequire(import.meta.url)('${beside}')
export { ${list} }
`)
  writeFileSync(path.join(dist, `${name}.d.mts`), `export * from '${beside}'\n`)
}

// A module that was renamed must not ship under its old name.
rmSync(dist, { recursive: true, force: true })
try {
  execFileSync(process.execPath, [binOf('typescript', 'tsc'), '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  const chunks = await bundle()
  for (const name of Object.keys(LIBRARY)) writeModule(name, chunks.find((chunk) => chunk.name === name)?.exports ?? [])
  chmodSync(path.join(dist, 'src', 'cli.js'), 0o755)
} catch (error) {
  rmSync(dist, { recursive: true, force: true })
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
