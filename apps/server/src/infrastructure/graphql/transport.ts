import { printSchema } from 'graphql'
import { readOnly } from '../http/read-only.ts'
import type { Transport } from '../http/transport.ts'
import { ConnectionSweep } from '../sockets/connection-sweep.ts'
import { EventStreamHandler } from './http/event-stream-handler.ts'
import { createGraphQLHandler } from './http/graphql-handler.ts'
import type { GraphQLDependencies } from './operations/graphql-dependencies.ts'
import { guardRootFields } from './operations/guard-root-fields.ts'
import { OperationRunner } from './operations/operation-runner.ts'
import { UserMemory } from './operations/user-memory.ts'
import { buildGraphQLSchema } from './schema/schema.ts'
import { listenForGraphQL } from './websocket/graphql-protocol.ts'

/** GraphQL over HTTP, server-sent events and WebSocket at `/graphql`, and its schema as text at `/schema.graphql`. */
export const createGraphQLTransport = async (given: GraphQLDependencies): Promise<Transport> => {
  const dependencies = { memory: new UserMemory(given.meter), ...given }
  const schema = guardRootFields(buildGraphQLSchema())
  const runner = new OperationRunner(schema, dependencies)
  const sweep = new ConnectionSweep()
  const events = new EventStreamHandler(runner, dependencies, sweep)
  const sockets = listenForGraphQL(runner, dependencies)
  const schemaText = `${printSchema(schema)}\n`
  return {
    requests: new Map([
      ['/graphql', createGraphQLHandler(runner, dependencies, events)],
      [
        '/schema.graphql',
        readOnly((_request, response) => {
          response.writeHead(200, { 'content-type': 'application/graphql; charset=utf-8' }).end(schemaText)
        }),
      ],
    ]),
    upgrades: new Map([['/graphql', (request, socket, head) => sockets.upgrade(request, socket, head)]]),
    get connections() {
      return events.connections + sockets.connections
    },
    async drain(plan) {
      await Promise.all([events.drain(plan), sockets.drain(plan)])
      sweep[Symbol.dispose]()
    },
  }
}
