// A few named checks in a row, for scripts that prove something outside of a test runner.
import process from 'node:process'
import { format, zero } from './counts.mjs'

export class Checks {
  #name
  #counts = zero()

  /** @param {string} name One word: it stands before the counts in the closing line. */
  constructor(name) {
    this.#name = name
  }

  /**
   * Runs one check. What it returns is shown beside its title; what it throws fails it.
   * @param {string} title
   * @param {() => string | undefined | void | Promise<string | undefined | void>} body
   * @returns {Promise<void>}
   */
  async check(title, body) {
    try {
      const detail = await body()
      this.#counts.passed++
      console.log(`  ✔ ${title}${detail ? ` (${detail})` : ''}`)
    } catch (error) {
      this.#counts.failed++
      console.log(`  ✘ ${title}\n    ${(error instanceof Error ? error.message : String(error)).replaceAll('\n', '\n    ')}`)
    }
  }

  /**
   * @param {string} title
   * @param {string} reason
   */
  skip(title, reason) {
    this.#counts.skipped++
    console.log(`  - ${title}: SKIPPED, ${reason}`)
  }

  /** How many passed, failed and were skipped so far. */
  get counts() {
    return { ...this.#counts }
  }

  /** Prints the closing line and sets the exit status. */
  finish() {
    console.log(`${this.#name}: ${format(this.#counts)}`)
    if (this.#counts.failed > 0) process.exitCode = 1
  }
}
