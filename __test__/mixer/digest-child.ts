// Renders performances under the dispatch level that its environment asks for and prints the level
// that was in force, then their digests, one a line.
import { render } from '../../index'
import { cpuLevel } from '../../src/cpu'
import { FRAMES, RATE, digest, perform } from './session'

async function main(): Promise<void> {
  const [, , count] = process.argv
  const digests: string[] = []
  for (let seed = 0; seed < Number(count); seed++) {
    const options = { duration: FRAMES / RATE, sampleRate: RATE }
    const { channelData } = await render(options, (engine) => perform(engine, seed))
    digests.push(digest(channelData))
  }
  console.log([cpuLevel(), ...digests].join('\n'))
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
