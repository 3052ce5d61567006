/** How far native work has come, told while it is done. */
import { invalid } from './validate'

/** Called with the fraction done, 0…1, never falling. */
export type OnProgress = (fraction: number) => void

const PROGRESS_MS = 50

export function checkOnProgress(given: unknown): OnProgress | undefined {
  if (given === undefined || typeof given === 'function') return given as OnProgress | undefined
  throw invalid('onProgress', given, 'a function')
}

/** Calls `onProgress` a few times a second while `work` is done, and once with 1. */
export async function withProgress<T>(
  work: Promise<T>,
  control: { fraction(): number },
  onProgress: OnProgress | undefined,
): Promise<T> {
  let last = -1
  const report = (fraction: number): void => {
    if (fraction > last) onProgress?.((last = fraction))
  }
  const timer =
    onProgress && setInterval(() => {
      report(Math.min(control.fraction(), 0.999))
    }, PROGRESS_MS)
  try {
    const result = await work
    report(1)
    return result
  } finally {
    clearInterval(timer)
  }
}
