// Ends in the way named on the command line, while it plays and captures.
import { Capture, Engine } from 'noxrun'

const keepAlive = process.argv[2] !== 'unref'
const engine = await Engine.open({ device: 'virtual', keepAlive })
const capture = await Capture.open({ device: 'virtual', keepAlive })
const chunks = capture.chunks()
const tone = Float32Array.from({ length: 48000 }, (_, i) => Math.sin(i / 10) / 2)
engine.createTrack().play(await engine.load({ channelData: [tone], sampleRate: 48000 }), { loop: true })
// Without keepAlive nobody but this waits for the first chunk.
const hold = setInterval(() => {}, 1000)
await chunks.next()
clearInterval(hold)

const endings = {
  exit: () => process.exit(7),
  throw: () => {
    setTimeout(() => {
      throw new Error('on purpose')
    }, 5)
  },
  /** With a reader that waits and requests that nobody awaits. */
  busy: () => {
    void chunks.next().then(() => chunks.next())
    void engine.close()
    void Engine.open({ device: 'virtual' })
    process.exit(7)
  },
  /** Nothing keeps the process alive. */
  unref: () => {},
  /** As Ctrl-C does: by the signal itself, there is no handler. */
  signal: () => process.kill(process.pid, 'SIGINT'),
  closed: async () => {
    await capture.close()
    await engine.close()
  },
}
await endings[process.argv[2]]()
