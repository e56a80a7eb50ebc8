import { type ParseArgsConfig, parseArgs } from 'node:util'
import { hidePasswords } from '../infrastructure/logging/url-passwords.ts'

/** One command of `messenger`; returns the exit code. */
export type CliCommand = (argv: readonly string[]) => Promise<number>

/** The command was called with wrong arguments; the message says in one line how to call it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The names of errors with a message for the operator. By name, so that no command loads modules of another one. */
const friendly = new Set([
  'UsageError',
  'SettingsError',
  'ListenError',
  'OwnKeyError',
  'Refusal',
  'DemoError',
  'MigrationError',
  'DataFileError',
])

const linesOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return friendly.has(error.name) ? error.message : (error.stack ?? error.message)
}

/** The message of an error that is for the operator, or all details of any other error. Passwords in URLs are hidden. */
export const friendlyLines = (error: unknown): string => hidePasswords(linesOf(error))

/** Strict: throws a `UsageError` for anything that is not among the options. */
export const readOptions = <Options extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: Options,
  usage: string,
) => {
  if (argv.includes('--help') || argv.includes('-h')) throw new UsageError(`Usage: ${usage}`)
  try {
    return parseArgs({ args: [...argv], options, strict: true }).values
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('. ')[0] ?? cause.message) : String(cause)
    throw new UsageError(`${reason}. Usage: ${usage}`, { cause })
  }
}

/** Like `readOptions`, for a command that takes at most one file. */
export const readFileAndOptions = <Options extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: Options,
  usage: string,
) => {
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true })
  const places = tokens.flatMap(token => (token.kind === 'positional' ? [token.index] : []))
  const values = readOptions(
    argv.filter((_, index) => !places.includes(index)),
    options,
    usage,
  )
  if (places.length > 1) throw new UsageError(`Give only one file. Usage: ${usage}`)
  const [place] = places
  return { values, file: place === undefined ? undefined : argv[place] }
}
