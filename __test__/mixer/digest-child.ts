// Renders performances, or control sessions, under the dispatch level that its environment asks for
// and prints the level that was in force, then their digests, one a line.
import { render } from '../../index'
import { cpuLevel } from '../../src/cpu'
import { control, controlOptions } from './control-session'
import { FRAMES, RATE, digest, perform } from './session'

async function main(): Promise<void> {
  const [, , count, which] = process.argv
  const digests: string[] = []
  for (let seed = 0; seed < Number(count); seed++) {
    const options = { duration: FRAMES / RATE, sampleRate: RATE }
    const { channelData } = which === 'control'
      ? await render(controlOptions(seed), (engine) => control(engine, seed))
      : await render(options, (engine) => perform(engine, seed))
    digests.push(digest(channelData))
  }
  console.log([cpuLevel(), ...digests].join('\n'))
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
