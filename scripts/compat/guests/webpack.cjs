// node webpack.cjs WEBPACK ENTRY OUT [external]: bundles for Node with webpack's own interface; prints
// its errors and ends with 1 when there are any.
const path = require('node:path')
const [, , webpackPath, entry, out, external] = process.argv
const webpack = require(webpackPath)
webpack({
  mode: 'production', target: 'node', entry: path.resolve(entry), context: __dirname,
  output: { path: path.dirname(path.resolve(out)), filename: path.basename(out) },
  externals: external ? [({ request }, done) => (/^noxrun(\/|$)/.test(request) ? done(null, `commonjs ${request}`) : done())] : [],
}, (error, stats) => {
  if (error) throw error
  if (!stats.hasErrors()) return
  console.error(stats.toString({ all: false, errors: true }))
  process.exitCode = 1
})
