// CommonJS: the package required, and what is played captured.
const assert = require('node:assert/strict')
const { plays } = require('./plays.cjs')

async function main() {
  await plays(require('noxrun'), require('noxrun/testing'))
  assert.equal(typeof require('noxrun/package.json').version, 'string')
  console.log('all of it worked')
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
