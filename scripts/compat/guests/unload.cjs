// CommonJS: the package required, unloaded from the cache and required again, both copies at work.
const assert = require('node:assert/strict')
const { plays } = require('./plays.cjs')

async function main() {
  const first = [require('noxrun'), require('noxrun/testing')]
  await plays(...first)
  for (const file of Object.keys(require.cache)) if (file.includes('noxrun')) delete require.cache[file]
  const second = [require('noxrun'), require('noxrun/testing')]
  assert.notEqual(second[0].Engine, first[0].Engine)
  await Promise.all([plays(...first), plays(...second)])
  console.log('all of it worked')
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
