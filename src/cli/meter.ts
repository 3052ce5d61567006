/** Level meters and the like, as text. */
import type { Meter } from '../meter'
import { toDb } from './format'
import type { Screen } from './screen'
import { type Style, hasUnicode } from './style'

/** The lowest level that a meter shows. */
const FLOOR_DB = -60
/** Where it turns yellow, and where red. */
const WARM_DB = -12
const HOT_DB = -3

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const unicode = hasUnicode()

const position = (linear: number): number =>
  Math.min(1, Math.max(0, 1 - toDb(linear) / FLOOR_DB))

/** A bar for one channel, `width` cells: filled to its RMS, with a tick at its peak. */
export function meterBar(screen: Screen, peak: number, rms: number, width: number): string {
  const filled = position(rms) * width
  const whole = Math.floor(filled)
  const part = unicode && whole < width ? (EIGHTHS[Math.floor((filled - whole) * 8)] ?? '') : ''
  const cells = (unicode ? '█' : '#').repeat(whole) + part
  const tick = Math.min(width - 1, Math.floor(position(peak) * width))
  let bar = cells.padEnd(width, unicode ? '·' : '.')
  if (peak > 0 && tick >= cells.length) bar = `${bar.slice(0, tick)}|${bar.slice(tick + 1)}`
  return coloured(screen, bar)
}

/** Green, yellow and red by the level that each cell stands for. */
function coloured(screen: Screen, bar: string): string {
  const warm = Math.round((1 - WARM_DB / FLOOR_DB) * bar.length)
  const hot = Math.round((1 - HOT_DB / FLOOR_DB) * bar.length)
  const zones: [Style, string][] = [
    ['green', bar.slice(0, warm)],
    ['yellow', bar.slice(warm, hot)],
    ['red', bar.slice(hot)],
  ]
  return zones.map(([style, text]) => screen.style(style, text)).join('')
}

/** The loudest channel of a meter. */
export function loudest(levels: readonly number[]): number {
  return Math.max(0, ...levels)
}

/** Up to two channels as bars side by side, more as one bar of the loudest; `width` cells in all. */
export function meterBars(screen: Screen, { peak, rms }: Meter, width: number): string {
  if (peak.length > 2) return meterBar(screen, loudest(peak), loudest(rms), width)
  const each = Math.floor((width - (peak.length - 1)) / peak.length)
  return peak.map((level, i) => meterBar(screen, level, rms[i] ?? 0, each)).join(' ')
}

/** Where a sound stands between left and right. */
export function panDial(pan: number): string {
  const cells = 9
  const at = Math.round(((pan + 1) / 2) * (cells - 1))
  const line = unicode ? '─' : '-'
  return `L${line.repeat(at)}${unicode ? '●' : 'o'}${line.repeat(cells - 1 - at)}R`
}
