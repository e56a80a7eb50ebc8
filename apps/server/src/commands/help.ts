import { describeSettings } from '../settings.ts'
import { version } from '../version.ts'
import type { Command } from './command.ts'

const text = `CPC Messenger ${version}: a real-time messaging backend.

  messenger serve [flags]                          serve until SIGTERM or Ctrl-C
  messenger token --user ID [--ttl 1h] [--name N]  print a token signed with the server's own key
  messenger demo [--url URL]                       fill a running server with a small team's conversations
  messenger check                                  look for broken invariants in the stored data
  messenger migrate                                bring the stored data to this version's form, without serving
  messenger migrate --from file:… --to postgres://…
                                                   move everything into PostgreSQL while a server runs on the file
  messenger backup FILE [--force]                  copy the data of a running server into a file (SQLite)
  messenger restore FILE                           put a backup in the place of the data, which are kept beside it
  messenger restore --new-epoch                    after a restore by other means: clients are told to fetch afresh
  messenger --version

token, demo, check, migrate, backup and restore take --database-url too: the own key lies beside the data.

Settings are environment variables, lines of a .env file, or flags of serve (MAX_TEXT_LENGTH is --max-text-length). Flags
win over the environment, and that over the file. OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_ENDPOINT, …) switch traces
on: see docs/observability.md.

${describeSettings()}
`

export const help: Command = async () => {
  process.stdout.write(text)
  return 0
}

export const showVersion: Command = async () => {
  process.stdout.write(`${version}\n`)
  return 0
}
