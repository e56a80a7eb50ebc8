import { fileURLToPath } from 'node:url'
import { Process } from './process.ts'

const program = fileURLToPath(new URL('../../apps/server/bin/messenger.js', import.meta.url))

interface NodeSettings {
  readonly port: number
  readonly databaseUrl: string
  readonly natsUrl: string
  readonly folder: string
}

/** The timeout of one request; it is repeated afterwards. */
const answerMs = 2000

const ready = async (port: number): Promise<boolean> => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(answerMs) })).ok
  } catch (error) {
    if (error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')) return false
    throw error
  }
}

/** `messenger serve` in its own process; other settings come from the environment. */
export const startNode = async (
  name: string,
  { port, databaseUrl, natsUrl, folder }: NodeSettings,
  print: (line: string) => void,
): Promise<Process> => {
  const node = new Process({
    name,
    command: [process.execPath, '--max-semi-space-size=16', program, 'serve'],
    environment: {
      LOG_LEVEL: 'warn',
      ...process.env,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      NATS_URL: natsUrl,
    },
    folder,
    print,
  })
  await node.until(() => ready(port))
  return node
}
