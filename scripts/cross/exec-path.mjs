// Loaded into Node before anything else: what it starts as "itself" goes through the emulator as well.
import process from 'node:process'

const program = process.env['NOXRUN_EXEC_PATH']
if (program !== undefined) process.execPath = program
