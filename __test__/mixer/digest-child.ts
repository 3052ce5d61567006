// Renders performances under the dispatch level that its environment asks for and prints their
// digests, one a line.
import { render } from '../../index'
import { FRAMES, RATE, digest, perform } from './session'

async function main(): Promise<void> {
  const [, , count] = process.argv
  for (let seed = 0; seed < Number(count); seed++) {
    const options = { duration: FRAMES / RATE, sampleRate: RATE }
    const { channelData } = await render(options, (engine) => perform(engine, seed))
    console.log(digest(channelData))
  }
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
