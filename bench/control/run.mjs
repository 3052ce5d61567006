// Measures one part, named by its argument, in a process of its own. Started by ../control.mjs; prints one line of JSON.
import process from 'node:process'
import { median, quantile } from '../lib/figures.mjs'

const { measure } = await import(`./${process.argv[2]}.mjs`)
const figures = Object.entries(await measure()).map(([figure, values]) => {
  if (values.length === 0) throw new Error(`nothing was measured of ${figure}`)
  return [figure, { median: median(values), p99: quantile(values, 0.99), worst: Math.max(...values) }]
})
console.log(JSON.stringify(Object.fromEntries(figures)))
// What a part left open must not keep its figures waiting.
process.exit()
