// Reads how many tests passed and failed from what a test runner printed.

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/** @returns {Counts} */
export function zero() {
  return { passed: 0, failed: 0, skipped: 0 }
}

/**
 * @param {Counts} a
 * @param {Counts} b
 * @returns {Counts}
 */
export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** @param {string} text */
function plain(text) {
  // eslint-disable-next-line no-control-regex -- colour codes begin with a control character
  return text.replace(/\x1b\[[0-9;]*m/g, '')
}

/**
 * A runner that failed without counting a failure (it did not compile, it crashed) counts as one; so
 * does one that says all is well but ran nothing.
 * @param {Counts} counts
 * @param {number} status
 * @returns {Counts}
 */
function judged(counts, status) {
  const silent = counts.failed === 0 && (status !== 0 || counts.passed === 0)
  return silent ? { ...counts, failed: 1 } : counts
}

/**
 * @param {string} output Of `cargo test`.
 * @param {number} status
 * @returns {Counts}
 */
export function fromCargo(output, status) {
  const counts = zero()
  for (const match of plain(output).matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
    counts.passed += Number(match[1])
    counts.failed += Number(match[2])
    counts.skipped += Number(match[3])
  }
  return judged(counts, status)
}

/**
 * @param {string} output Of `ava`.
 * @param {number} status
 * @returns {Counts}
 */
export function fromAva(output, status) {
  const counts = zero()
  // Its summary stands after the last rule; everything before may quote anything.
  const summary = plain(output).split(/^ {2}─+$/m).pop() ?? ''
  for (const match of summary.matchAll(/^\s+(\d+) (.+)$/gm)) {
    const [, number, what = ''] = match
    if (/^tests? passed/.test(what)) counts.passed += Number(number)
    else if (/^(tests?|hooks?) failed|^uncaught exceptions?|^unhandled rejections?|pending/.test(what)) counts.failed += Number(number)
    else if (/^tests? (skipped|todo)|^known failure/.test(what)) counts.skipped += Number(number)
  }
  return judged(counts, status)
}

/**
 * @param {string} output Of one of our own scripts, which close with `name: N passed, N failed`.
 * @param {number} status
 * @returns {Counts}
 */
export function fromChecks(output, status) {
  const match = [...plain(output).matchAll(/^[\w-]+: (\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].pop()
  const counts = { passed: Number(match?.[1] ?? 0), failed: Number(match?.[2] ?? 0), skipped: Number(match?.[3] ?? 0) }
  return judged(counts, status)
}

/**
 * @param {Counts} counts
 * @returns {string}
 */
export function format(counts) {
  return `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`
}
