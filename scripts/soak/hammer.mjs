// A worker thread that allocates and frees in the process of the capture, small and large, without end.
import { setImmediate as nextTurn } from 'node:timers/promises'

const kept = new Array(256)
for (let n = 1; ; n++) {
  const size = 16 << (Math.imul(n, 0x9e37_79b1) >>> 28)
  // Outside of the JavaScript heap: from the allocator that the native code uses too.
  kept[n % kept.length] = Buffer.allocUnsafeSlow(size).fill(n)
  // Freed memory goes back in turns of the event loop.
  if (n % 512 === 0) await nextTurn()
}
