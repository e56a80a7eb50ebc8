import { runSenders } from '../../sends/run-senders.ts'
import type { Sent } from '../../sends/send-load.ts'
import { HttpConnection } from './http-connection.ts'

export interface RequestsRun {
  readonly port: number
  /** One for each connection. */
  readonly tokens: readonly string[]
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly seconds: number
}

/** Asks the same again on every connection as soon as it is answered. */
export const requestFromAll = async ({ port, tokens, query, variables, seconds }: RequestsRun): Promise<Sent> => {
  const connections = tokens.map(token => new HttpConnection({ port, token }))
  try {
    return await runSenders(
      connections.map(connection => () => connection.ask(query, variables)),
      seconds,
    )
  } finally {
    for (const connection of connections) connection.close()
  }
}
