/** Numbers as people read them. */

/** 1,234,567. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** '1 file', '3 files'. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** A linear level in dB. */
export function toDb(linear: number): number {
  return 20 * Math.log10(linear)
}

/** A linear level as '-12.3 dB', or '-inf dB' for silence. */
export function decibels(linear: number): string {
  return linear > 0 ? `${toDb(linear).toFixed(1)} dB` : '-inf dB'
}

/** A fraction as '1.2 %'; small ones keep two figures. */
export function percent(fraction: number): string {
  const value = 100 * fraction
  return `${value.toFixed(value < 1 ? 2 : 1)} %`
}

/** Seconds as '5.3 ms'. */
export function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toFixed(1)} ms`
}

/** Seconds as '0:03.2', '12:34.5', '1:02:03.4'. */
export function clock(seconds: number): string {
  const tenths = Math.floor(Math.max(0, seconds) * 10 + 1e-6)
  const two = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.floor(tenths / 600)
  const rest = `${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`
  const hours = Math.floor(minutes / 60)
  return hours > 0 ? `${hours}:${two(minutes % 60)}:${rest}` : `${minutes}:${rest}`
}

/** A rate as '48 kHz'. */
export function kilohertz(rate: number): string {
  return `${rate / 1000} kHz`
}
