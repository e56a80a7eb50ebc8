import { connectionRates } from '../../../services/limits/limit-table.ts'
import { SocketListener, type SocketProtocol } from '../../sockets/socket-listener.ts'
import { PumpGroup } from '../../sockets/stream-pump.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import type { OperationRunner } from '../operations/operation-runner.ts'
import { graphqlCloseCodes } from './close-codes.ts'
import { GraphQLSession } from './graphql-session.ts'
import { NextFrames } from './next-frames.ts'

/** `graphql-transport-ws`, per https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. */
const graphqlProtocol = (runner: OperationRunner, dependencies: GraphQLDependencies): SocketProtocol => {
  const shared = { runner, dependencies, frames: new NextFrames(), group: new PumpGroup() }
  return {
    subprotocol: 'graphql-transport-ws',
    codes: 'graphql',
    transport: 'graphql',
    maxFrameBytes: 1_048_576,
    frameLimit: 'graphqlFrames',
    unknownSubprotocolCode: graphqlCloseCodes.unknownSubprotocol,
    open: (connection, request) => new GraphQLSession(connection, request.headers, shared),
  }
}

/** The WebSockets at `/graphql`. */
export const listenForGraphQL = (runner: OperationRunner, dependencies: GraphQLDependencies): SocketListener =>
  new SocketListener(graphqlProtocol(runner, dependencies), {
    ...dependencies,
    limits: { ...dependencies.limits, frames: connectionRates.graphqlFrames },
  })
