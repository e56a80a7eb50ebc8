import { type ParseArgsConfig, parseArgs } from 'node:util'
import { hidePasswords } from '../infrastructure/logging/url-passwords.ts'

/** What a word after `messenger` does; answers the exit code. */
export type Command = (argv: readonly string[]) => Promise<number>

/** The command was called wrongly; the message says in one line how to call it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Errors that were made for a person to read. By name, so that no command loads what only another one throws. */
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

/** One line for each fault where it is known what to do about it; otherwise all that is known. No password of a URL. */
export const friendlyLines = (error: unknown): string => hidePasswords(linesOf(error))

/** Strict: what is not among the options is a `UsageError`. */
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

/** As `readOptions`, of a command that takes one file at most. */
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
  if (places.length > 1) throw new UsageError(`One file can be named. Usage: ${usage}`)
  const [place] = places
  return { values, file: place === undefined ? undefined : argv[place] }
}
