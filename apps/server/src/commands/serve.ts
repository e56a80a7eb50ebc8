import { parseArgs } from 'node:util'
import type { RunningServer } from '../main.ts'
import { readSettings, type Settings } from '../settings.ts'
import type { CliCommand } from './cli-command.ts'
import { databaseOption } from './database-location.ts'
import { help } from './help.ts'
import { nextCommand, passwordHint } from './next-command.ts'
import { ProcessFailures } from './process-failures.ts'
import { restarted } from './restarting.ts'

/** npm forwards a signal that the terminal has also sent to the server: two signals within this time count as one. */
const sameSignalMs = 250

/** The time to close the store and the bus after draining, whose time the settings limit. */
const closingMs = 2000
const stopMs = ({ drainNoticeSeconds, shutdownSeconds }: Settings): number =>
  (drainNoticeSeconds + shutdownSeconds) * 1000 + closingMs

const startBlock = (
  { url, metricsUrl }: RunningServer,
  { transports, graphiql }: Settings,
  argv: readonly string[],
): string => {
  const socketUrl = url.replace('http', 'ws')
  const { 'database-url': given } = parseArgs({ args: [...argv], options: databaseOption, strict: false }).values
  // The second terminal does not have this one's environment.
  const databaseUrl = typeof given === 'string' ? given : process.env.DATABASE_URL || undefined
  const command = (words: string): string => nextCommand(words, databaseUrl)
  return [
    '',
    `CPC Messenger serves at ${url}`,
    '',
    ...(transports.has('graphql')
      ? [
          ...(graphiql ? [`  GraphiQL    ${url}/graphql`] : []),
          `  GraphQL     ${socketUrl}/graphql  (graphql-transport-ws)`,
        ]
      : []),
    ...(transports.has('websocket') ? [`  WebSocket   ${socketUrl}/ws  (messenger.v1)`] : []),
    `  health      ${url}/healthz`,
    ...(metricsUrl === undefined ? [] : [`  metrics     ${metricsUrl}`]),
    '',
    'Try next, in a second terminal:',
    `  ${command('token --user alice')}`,
    ...(transports.has('graphql') ? [`  ${command(`demo --url ${url}`)}`] : []),
    ...passwordHint(databaseUrl).map(line => `  ${line}`),
    '',
    '',
  ].join('\n')
}

/** Resolves at the first signal; a second one exits the process at once. */
const stopSignal = (): Promise<'stop'> => {
  const { promise, resolve } = Promise.withResolvers<'stop'>()
  let stoppingSince: number | undefined
  const onSignal = (): void => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now()
      resolve('stop')
    } else if (performance.now() - stoppingSince > sameSignalMs) process.exit(1)
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  return promise
}

/** Starts the server, and restarts it when the database has a new epoch. Resolves when it was stopped. */
const serveUntil = async (
  stopped: Promise<'stop'>,
  start: () => Promise<RunningServer>,
  started: (server: RunningServer) => void,
): Promise<void> => {
  let server: RunningServer | undefined = await start()
  while (server !== undefined) {
    started(server)
    const why = await Promise.race([stopped, server.outdated.then(() => 'outdated')])
    await server.stop()
    if (why === 'stop') return
    server = await restarted(start, stopped, line => process.stderr.write(`${line}\n`))
  }
}

export const serve: CliCommand = async argv => {
  if (argv.includes('--help') || argv.includes('-h')) return help(argv)
  const settings = readSettings({ argv })
  const { startServer } = await import('../main.ts')
  const { pinoLogger } = await import('../infrastructure/logging/pino-logger.ts')
  const log = pinoLogger({ level: settings.logLevel })
  const failures = new ProcessFailures(log, stopMs(settings))
  let { port } = settings
  await serveUntil(
    Promise.race([stopSignal(), failures.uncaught]),
    () => startServer({ ...settings, port }, { log, unhandledRejections: () => failures.unhandledRejections }),
    server => {
      port = server.port
      // Standard output is for the log, one JSON object per line.
      process.stderr.write(startBlock(server, settings, argv))
    },
  )
  // Everything is closed; handles that a library keeps open must not keep the process running.
  setTimeout(() => process.exit(failures.exitCode), 200).unref()
  return failures.exitCode
}
