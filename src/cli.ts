#!/usr/bin/env node
/** The command line, `noxrun`. Its commands are in src/cli/, one file each. */
import { main } from './cli/main'

// A reader that left (`noxrun devices | head -1`) is no failure of ours: the work goes on unheard.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = 1
  })
}

void main(process.argv.slice(2)).then((status) => {
  // Whatever could not be written to stdout made it 1 already.
  process.exitCode ||= status
})
