// What warnings say: for people, so one is not "1 frames".
import { EventEmitter } from 'node:events'
import test from 'ava'
import { WarningLog } from '../../src/warnings'

test('one frame, message or sample is told as one', (t) => {
  const log = new WarningLog(new EventEmitter().on('warning', () => undefined), [])
  for (const n of [1, 2]) {
    log.add({ code: 'BUFFER_SIZE_FALLBACK', asked: n, granted: 256 })
    log.add({ code: 'LATE_EVENT', by: n })
    log.add({ code: 'QUEUE_OVERFLOW', count: n })
    log.add({ code: 'DROPPED_SAMPLES', count: n })
  }
  t.deepEqual(log.all.map(({ message }) => /\b[12] (captured )?[a-z]+/.exec(message)?.[0]), [
    '1 frame', '1 frame', '1 message', '1 captured sample',
    '2 frames', '2 frames', '2 messages', '2 captured samples',
  ])
})
