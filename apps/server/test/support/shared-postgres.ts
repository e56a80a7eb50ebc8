import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { PostgresServer } from '../../../../tools/postgres/postgres-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where a test process asks for the PostgreSQL of this run. */
    readonly sharedPostgres: string
  }
}

/** One PostgreSQL for a whole run of the tests, started when the first of them asks for it. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  let starting: Promise<PostgresServer> | undefined
  const door = createServer((_request, response) => {
    starting ??= PostgresServer.start({ durable: false })
    starting.then(
      server => response.end(server.url()),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    )
  })
  const address = await new Promise<AddressInfo | string | null>(resolve =>
    door.listen(0, '127.0.0.1', () => resolve(door.address())),
  )
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  project.provide('sharedPostgres', `http://127.0.0.1:${address.port}`)
  return async () => {
    door.closeAllConnections()
    door.close()
    const server = await starting?.catch(() => undefined)
    await server?.[Symbol.asyncDispose]()
  }
}
