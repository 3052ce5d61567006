/** What renders share: how many run at a time, and what they leave behind when the process exits. */
import * as binding from '#binding'

let isTold = false
let isWatching = false

/** Reads NOXRUN_RENDERS before the first render; a value that cannot be used is warned of, once. */
export function chooseRenders(): void {
  if (isTold) return
  isTold = true
  const { refusal } = binding.renderLimit()
  if (refusal !== undefined) process.emitWarning(refusal, { type: 'NoxrunWarning', code: 'RENDER_LIMIT' })
}

/** From now on an exit stops the renders and gives them a moment to remove files that are not complete. */
export function tidyUpAtExit(): void {
  if (isWatching) return
  isWatching = true
  process.once('exit', () => { binding.abandonWork() })
}
