/** What a stream tells while a command runs. */
import type { Capture } from '../capture'
import type { Engine } from '../engine'
import { NoxrunError } from '../errors'
import type { NoxrunWarning } from '../warnings'
import type { Screen } from './screen'

/**
 * Prints a stream's warnings as they come, but for the codes in `quiet`. The promise never resolves;
 * it rejects when the stream fails or its device goes away.
 */
export function watch(
  stream: Engine | Capture,
  screen: Screen,
  quiet: readonly NoxrunWarning['code'][] = [],
): Promise<never> {
  // Both classes have these events; the union of their overloads has no common one.
  const source = stream as Engine
  source.on('warning', ({ message, code }) => {
    if (!quiet.includes(code)) screen.warn(`${message} (${code})`)
  })
  const failed = new Promise<never>((_resolve, reject) => {
    source.once('error', reject)
    source.on('device', ({ state, device }) => {
      const message = `device '${device.id}' ${state === 'lost' ? 'went away' : `is ${state}`}`
      // Nothing more would be heard, or recorded: whoever waits at a terminal wants to know now.
      if (state === 'lost') reject(new NoxrunError('ERR_DEVICE_LOST', message))
      else screen.warn(message)
    })
  })
  // Whoever races it is told; when nobody does any more, the stream is being closed.
  failed.catch(() => undefined)
  return failed
}
