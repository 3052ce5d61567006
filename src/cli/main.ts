/** Finds the command, runs it, and makes an exit status of what comes out. */
import { NoxrunError } from '../errors'
import { UsageError, parse } from './args'
import type { AnyCommand, Closable } from './command'
import { demo } from './demo'
import { devices } from './devices'
import { doctor } from './doctor'
import { USAGE, commandHelp, globalHelp } from './help'
import { Interrupt } from './interrupt'
import { play } from './play'
import { record } from './record'
import { Screen } from './screen'
import { version } from './version'

const COMMANDS: readonly AnyCommand[] = [demo, devices, play, record, doctor]

/** Exit statuses; a command that was interrupted has Interrupt's. */
const OK = 0
const FAILED = 1
const WRONG_USAGE = 2

/** Runs `noxrun` with these arguments; never rejects. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === '--help' || name === '-h') return say(globalHelp(COMMANDS))
  if (name === '--version') return say(version())
  if (name === undefined) return wrongUsage(`a command is missing; ${whatThereIs()}`, USAGE)
  const command = COMMANDS.find((one) => one.name === name)
  if (command) return run(command, rest)
  const what = name.startsWith('-') ? 'option' : 'command'
  return wrongUsage(`there is no ${what} '${name}'; ${whatThereIs()}`, USAGE)
}

async function run(command: AnyCommand, argv: readonly string[]): Promise<number> {
  const interrupt = new Interrupt()
  const screen = new Screen()
  const opened: Closable[] = []
  const closing = <T extends Closable>(one: T): T => {
    opened.unshift(one)
    return one
  }
  try {
    const { values, positionals, help } = parse(command, argv)
    if (help) return say(commandHelp(command))
    return await command.run({ values, positionals, screen, interrupt, closing })
  } catch (error) {
    screen.endLive()
    if (error instanceof UsageError) return wrongUsage(error.message, command.usage, command.name)
    // What a signal ended while it was being opened.
    if (isAbort(error) && interrupt.status !== undefined) return interrupt.status
    screen.complain(messageOf(error))
    return FAILED
  } finally {
    screen.endLive()
    for (const one of opened) await one.close()
    interrupt.dispose()
  }
}

function say(text: string): number {
  process.stdout.write(`${text}\n`)
  return OK
}

function wrongUsage(message: string, usage: string, command?: string): number {
  const more = command === undefined ? 'noxrun --help' : `noxrun ${command} --help`
  process.stderr.write(`noxrun: ${message}\nusage: ${usage}\n       '${more}' says more\n`)
  return WRONG_USAGE
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** One line that says what went wrong, and its code where it has one. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof NoxrunError ? ` (${error.code})` : ''
  return message.replaceAll(/\s*\n\s*/g, ' ') + code
}

function whatThereIs(): string {
  return `the commands are ${COMMANDS.map((one) => one.name).join(', ')}`
}
