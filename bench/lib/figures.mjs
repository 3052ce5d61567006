// What benchmarks print: figures of many runs, a table, and whether a target was met.

/**
 * The value that a share `q` of the values does not exceed.
 * @param {ArrayLike<number>} values
 * @param {number} q 0…1
 */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}

/** @param {ArrayLike<number>} values */
export const median = (values) => quantile(values, 0.5)

/**
 * Prints rows in columns: the first is aligned left, figures right. The first row is the head.
 * @param {(string | number)[][]} rows
 */
export function printTable(rows) {
  const texts = rows.map((row) => row.map((cell) => cell.toLocaleString('en')))
  const widths = texts[0].map((_, column) => Math.max(...texts.map((row) => row[column].length)))
  console.log()
  for (const row of texts) {
    const cells = row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
    console.log(`  ${cells.join('  ').trimEnd()}`)
  }
  console.log()
}

/**
 * Prints what came of a target. A figure that is missing has missed it.
 * @param {boolean} isMet
 * @param {string} what With the figure and the target.
 */
export function printVerdict(isMet, what) {
  console.log(`${isMet ? 'PASS  ' : 'MISSED'}  ${what}`)
}
