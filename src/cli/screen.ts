/** The terminal: plain lines, warnings, and a few lines that are drawn again and again. */
import { type Style, fit, styled } from './style'

/** Milliseconds between two drawings: fast enough for a meter, slow enough for a terminal. */
const REDRAW_MS = 66
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'

export class Screen {
  /** Whether stdout is a terminal that can redraw lines. */
  readonly isLive = process.stdout.isTTY && process.env['TERM'] !== 'dumb'
  readonly #hasColour = this.isLive && !process.env['NO_COLOR']
  readonly #warned = new Set<string>()
  #draw: (() => string[]) | undefined
  #timer: NodeJS.Timeout | undefined
  /** How many live lines stand above the cursor. */
  #drawn = 0

  /** Columns of the terminal; without one, no limit. */
  get width(): number {
    return process.stdout.isTTY ? process.stdout.columns || 80 : Infinity
  }

  /** `text` in a style, where colours are wanted. */
  style(style: Style, text: string): string {
    return this.#hasColour ? styled(style, text) : text
  }

  /** A line on stdout, above the live ones. */
  print(line = ''): void {
    process.stdout.write(`${this.#erased()}${line}\n${this.#painted()}`)
  }

  /** A warning on stderr, each once. */
  warn(message: string): void {
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.complain(`warning: ${message}`)
  }

  /** A line on stderr, above the live ones. */
  complain(message: string): void {
    if (this.#drawn > 0) process.stdout.write(this.#erased())
    process.stderr.write(`noxrun: ${message}\n`)
    if (this.#draw) process.stdout.write(this.#painted())
  }

  /** Keeps what `draw` returns at the bottom of the terminal, until `endLive`. Quiet elsewhere. */
  live(draw: () => string[]): void {
    if (!this.isLive) return
    this.#draw = draw
    process.once('exit', showCursor)
    process.stdout.write(HIDE_CURSOR + this.#painted())
    this.#timer = setInterval(() => {
      // One write, over the old lines: no flicker.
      const up = this.#up()
      process.stdout.write(up + this.#painted())
    }, REDRAW_MS)
  }

  /** Takes the live lines away. */
  endLive(): void {
    if (this.#draw === undefined) return
    clearInterval(this.#timer)
    this.#draw = undefined
    process.removeListener('exit', showCursor)
    process.stdout.write(this.#erased() + SHOW_CURSOR)
  }

  #up(): string {
    return this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A\r`
  }

  #erased(): string {
    if (this.#drawn === 0) return ''
    const up = this.#up()
    this.#drawn = 0
    return up + CLEAR_BELOW
  }

  #painted(): string {
    if (this.#draw === undefined) return ''
    const lines = this.#draw()
    this.#drawn = lines.length
    // A line that wraps would break the count of lines.
    return lines.map((line) => `${fit(line, this.width - 1)}${CLEAR_LINE}\n`).join('')
  }
}

function showCursor(): void {
  process.stdout.write(SHOW_CURSOR)
}
