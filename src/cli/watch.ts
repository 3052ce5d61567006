/** What a stream tells while a command runs. */
import type { Capture } from '../capture'
import type { Engine } from '../engine'
import { NoxrunError } from '../errors'
import type { NoxrunWarning } from '../warnings'
import type { Screen } from './screen'

/**
 * Prints a stream's warnings as they come, but for the codes in `quiet`. The promise never resolves;
 * it rejects when the stream fails, or its device goes away and nobody waits for it to come back.
 *
 * @param whenLost 'wait': tell it, and go on; default 'fail'.
 */
export function watch(
  stream: Engine | Capture,
  screen: Screen,
  quiet: readonly NoxrunWarning['code'][] = [],
  whenLost: 'fail' | 'wait' = 'fail',
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
      // A proof, or a demonstration, of a device that is not there would show nothing.
      if (state === 'lost' && whenLost === 'fail') reject(new NoxrunError('ERR_DEVICE_LOST', message))
      else screen.warn(state === 'lost' ? `${message}; waiting until it is back` : message)
    })
  })
  // Whoever races it is told; when nobody does any more, the stream is being closed.
  failed.catch(() => undefined)
  return failed
}
