import { parseArgs } from 'node:util'
import { Cluster, nodeCount } from './cluster.ts'

const usage = `npm run cluster -- [--port 4000] [--data FOLDER]

Starts PostgreSQL, NATS, ${nodeCount} nodes and a proxy in front of them on this machine, for trying out.
  --port   of the proxy; the nodes have the ports after it; 0 for any free ones [4000]
  --data   the folder that keeps the data; without it the data is deleted at the end`

class UsageError extends Error {}

const readOptions = (argv: readonly string[]) => {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '4000' },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN
    if (!(port <= 65_535 - nodeCount)) throw new UsageError('--port must be a whole number from 0 to 65532')
    return { port, data: values.data, help: values.help }
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

const startBlock = ({ url, nodeUrls, databaseUrl, natsUrl }: Cluster): string => {
  const socketUrl = url.replace('http', 'ws')
  const command = (words: string): string => `npm run -s messenger -- ${words} --database-url=${databaseUrl}`
  return [
    '',
    `CPC Messenger serves at ${url}, by ${nodeCount} nodes in turn`,
    '',
    `  GraphiQL    ${url}/graphql`,
    `  GraphQL     ${socketUrl}/graphql  (graphql-transport-ws)`,
    `  WebSocket   ${socketUrl}/ws  (messenger.v1)`,
    `  health      ${url}/healthz`,
    ...nodeUrls.map((nodeUrl, index) => `  node ${index + 1}      ${nodeUrl}`),
    `  PostgreSQL  ${databaseUrl}`,
    `  NATS        ${natsUrl}`,
    '',
    'Try next, in a second terminal:',
    `  ${command('token --user alice')}`,
    `  ${command(`demo --url ${url}`)}`,
    '',
    'Ctrl-C stops all of it.',
    '',
    '',
  ].join('\n')
}

const signalled = (): Promise<undefined> =>
  new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(undefined))
  })

const run = async (argv: readonly string[]): Promise<number> => {
  const { help, ...options } = readOptions(argv)
  if (help) {
    console.log(usage)
    return 0
  }
  const stopped = signalled()
  const starting = Cluster.start({ ...options, print: line => console.error(line) })
  await using cluster = await starting
  process.stdout.write(startBlock(cluster))
  const ended = await Promise.race([stopped, cluster.ended()])
  if (ended === undefined) return 0
  console.error(`${ended} has ended: stopping everything else`)
  return 1
}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  if (error instanceof UsageError) console.error(`\n${usage}`)
  process.exitCode = 1
}
