// An input through a real server: what comes in goes out bit for bit, as late as the input says.
import test from 'ava'
import { echoes } from '../support/echo'
import { heard } from '../support/heard'
import { useServer } from '../support/servers'

const server = useServer(test, 256)

test.serial('through JACK an echo comes back bit for bit after the latency that the input states', async (t) => {
  await heard(server, 'jack', async ({ engine, capture, collector }) => {
    const { latency } = capture
    const found = await echoes(engine, capture, collector)
    t.true(found.length > 0, 'echoes came back whole')
    // The latency counts from the device's input, the echo from where the capture was handed it.
    const [last = { after: NaN, stated: NaN }] = found.slice(-1)
    t.log(`echo after ${1000 * last.after} ms, stated ${1000 * last.stated} ms, of the capture ${1000 * latency} ms`)
    t.true(Math.abs(last.after - (last.stated - latency)) <= 256 / 48_000)
    t.is(engine.stats().audioThread.allocations + capture.stats().audioThread.allocations, 0)
  })
})
