/** Help texts. */
import type { AnyCommand } from './command'
import { columns } from './table'

export const USAGE = 'noxrun COMMAND [OPTION...]'

const indent = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n')

/** `noxrun --help`. */
export function globalHelp(commands: readonly AnyCommand[]): string {
  return `usage: ${USAGE}

Real-time audio on this machine: plays, records, and shows that nothing gets lost on the way.

Commands:
${indent(columns(commands.map(({ name, summary }) => [name, summary])))}

Options:
  -h, --help  This text; 'noxrun COMMAND --help' says more of a command
  --version   The version

Exit status: 0 done, 1 failed, 2 called wrongly; 128 + N when signal N ended it early
(130 for Ctrl-C).`
}

/** `noxrun COMMAND --help`. */
export function commandHelp({ usage, about, options }: AnyCommand): string {
  const rows = Object.entries(options).map(([name, { value, help }]) => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ])
  return `usage: ${usage}

${about}

Options:
${indent(columns([...rows, ['-h, --help', 'This text']]))}`
}
