#!/usr/bin/env node
/** The command line, `noxrun`. Its commands are in src/cli/, one file each. */
import { main } from './cli/main'

let isOutputLost = false

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that left (`noxrun devices | head -1`) is no failure of ours.
  if (error.code === 'EPIPE' || isOutputLost) return
  isOutputLost = true
  process.exitCode = 1
  process.stderr.write(`noxrun: stdout cannot be written: ${error.message}\n`)
})
// There is nobody left to tell.
process.stderr.on('error', () => undefined)

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = isOutputLost ? 1 : status
})
