// Whether every callback of a running capture brought its samples.
import type { ExecutionContext } from 'ava'
import type { CaptureStats } from '../../index'

/**
 * The counters of one reading may lie as far apart as the machine held the reader up between them, so
 * there are two readings: what the earlier one counted, the later one has.
 *
 * @param samples What each callback brings, with all channels.
 */
export function isEveryBlock(t: ExecutionContext, [earlier, later]: readonly [CaptureStats, CaptureStats], samples: number): void {
  // One callback may be under way, and a resampler keeps less than a block.
  const slack = 2 * samples
  const missing = earlier.callbacks * samples - later.captured
  t.true(missing <= slack, `${missing} samples are missing`)
  const surplus = earlier.captured - later.callbacks * samples
  t.true(surplus <= slack, `${surplus} samples more than callbacks brought`)
}
