import { describeSettings } from '../settings.ts'
import { version } from '../version.ts'
import type { CliCommand } from './cli-command.ts'

const text = `CPC Messenger ${version}: a real-time messaging backend.

  messenger serve [flags]                          serve until SIGTERM or Ctrl-C
  messenger token --user ID [--ttl 1h] [--name N]  print a token signed with the server's own key
  messenger demo [--url URL]                       fill a running server with demo conversations of a small team
  messenger check                                  check the stored data and report broken invariants
  messenger migrate                                migrate the schema to this version without serving
  messenger migrate --from file:… --to postgres://…
                                                   move all data to PostgreSQL while a server runs on the file
  messenger backup FILE [--force]                  copy the data of a running server into a file (SQLite)
  messenger restore FILE                           replace the data by a backup; the old data are kept beside it
  messenger restore --new-epoch                    after a restore with other tools: makes clients fetch everything again
  messenger scrub                                  overwrite what was erased, while a server runs on the file (SQLite)
  messenger --version

token, demo, check, migrate, backup, restore and scrub accept --database-url: the server's own key is stored with the data.

Settings are environment variables, lines of a .env file, or flags of serve (MAX_TEXT_LENGTH is --max-text-length). Flags
override the environment, which overrides the file. OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_ENDPOINT, …) turn on
tracing: see docs/observability.md.

${describeSettings()}
`

export const help: CliCommand = async () => {
  process.stdout.write(text)
  return 0
}

export const showVersion: CliCommand = async () => {
  process.stdout.write(`${version}\n`)
  return 0
}
