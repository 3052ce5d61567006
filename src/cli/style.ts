/** Colours of the terminal, and what characters it can show. */

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const

const ESCAPE = '\x1b'

export type Style = keyof typeof CODES

export function styled(style: Style, text: string): string {
  const [on, off] = CODES[style]
  return `${ESCAPE}[${on}m${text}${ESCAPE}[${off}m`
}

/** A code of a style, or any other character. */
const PIECE = new RegExp(`(${ESCAPE}\\[\\d+m)|([^${ESCAPE}])`, 'gu')

/** The first `width` columns of a line; styles are kept, and cost no column. */
export function fit(line: string, width: number): string {
  let left = width
  return line.replaceAll(PIECE, (_whole, code?: string, character?: string) => {
    if (code !== undefined) return code
    left -= 1
    return left >= 0 ? (character ?? '') : ''
  })
}

/** Whether the terminal's character set has block elements. */
export function hasUnicode(): boolean {
  if (process.platform === 'win32') return true
  const { LC_ALL, LC_CTYPE, LANG } = process.env
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '')
}
