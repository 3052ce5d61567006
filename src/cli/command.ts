/** The shape of a command. */
import type { Interrupt } from './interrupt'
import type { Screen } from './screen'

/** An option of a command: with `value` it takes one, without it is a switch. */
export interface OptionSpec {
  /** What the help calls its value, as 'SECONDS'. */
  readonly value?: string
  /** One line for the help, with the default. */
  readonly help: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** What was given: the text of each option that takes a value, and whether each switch is there. */
export type OptionValues<O extends OptionSpecs> = {
  [K in keyof O]: O[K] extends { value: string } ? string | undefined : boolean
}

/** The same, of a command that is not known. */
export type AnyValues = Record<string, string | boolean | undefined>

export interface Invocation<V = AnyValues> {
  readonly values: V
  readonly positionals: readonly string[]
  readonly screen: Screen
  readonly interrupt: Interrupt
  /** Has it closed when the command is over, however it ends; the last opened first. */
  readonly closing: <T extends Closable>(opened: T) => T
}

export interface Closable {
  close(): Promise<unknown>
}

export interface Command<O extends OptionSpecs> {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly usage: string
  /** What the help says below the usage line. */
  readonly about: string
  /** Names of the arguments that are not options; the last may be 'FILE...', one or more. */
  readonly operands: readonly string[]
  readonly options: O
  /** Resolves with the exit status. */
  run(invocation: Invocation<OptionValues<O>>): Promise<number>
}

/** A command whose options are not known to the one who holds it. */
export type AnyCommand = Omit<Command<OptionSpecs>, 'run'> & {
  run(invocation: Invocation): Promise<number>
}

/** Lets TypeScript infer the options of a command; `parse` sees to it that the values are theirs. */
export function command<const O extends OptionSpecs>(spec: Command<O>): AnyCommand {
  return { ...spec, run: (invocation) => spec.run(invocation as Invocation<OptionValues<O>>) }
}
