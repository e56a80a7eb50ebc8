import { Refusal } from '@cpc-messenger/messenger'
import { type ExecutionArgs, type GraphQLError, getOperationAST, OperationTypeNode } from 'graphql'
import { type Context, makeServer, type OperationResult, type ServerOptions, type SubscribePayload } from 'graphql-ws'
import type { GraphQLParts } from '../execution/graphql-parts.ts'
import type { OperationRunner } from '../execution/operation-runner.ts'
import { presentError, presentThrown } from '../execution/present-error.ts'
import type { GraphQLConnection } from './graphql-connection.ts'

const initWaitMs = 10_000
const comeBackMs = 1000

type ConnectionContext = Context<Record<string, unknown>, GraphQLConnection>
type Run = () => OperationResult

/** The `graphql-transport-ws` protocol over our own connections and our own way of running operations. */
export const createTransportServer = (runner: OperationRunner, parts: GraphQLParts) => {
  const runs = new WeakMap<ExecutionArgs, Run>()

  const requireRoom = ({ subscriptions }: ConnectionContext): void => {
    const most = parts.limits.maxSubscriptionsPerConnection
    if (Object.keys(subscriptions).length > most)
      throw new Refusal('RATE_LIMITED', `A connection holds ${most} operations at most.`, { retryAfterMs: comeBackMs })
  }

  /** Subscribes before the protocol goes on, so that a refusal is its `error` message. */
  const prepared = async (
    context: ConnectionContext,
    { query, operationName, variables }: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> => {
    requireRoom(context)
    const { document, errors } = runner.prepare(query)
    if (errors !== undefined) return errors
    const operation = { document, operationName, variables }
    const args: ExecutionArgs = { schema: runner.schema, document, ...(operationName == null ? {} : { operationName }) }
    if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.SUBSCRIPTION) {
      runs.set(args, () => runner.execute(operation, context.extra))
      return args
    }
    const stream = await runner.subscribe(operation, context.extra)
    if (!(Symbol.asyncIterator in stream)) return stream.errors ?? []
    runs.set(args, () => stream)
    return args
  }

  const run = (args: ExecutionArgs): OperationResult => {
    const started = runs.get(args)
    if (started === undefined) throw new TypeError('an operation was run that was not prepared')
    return started()
  }

  const options: ServerOptions<Record<string, unknown>, GraphQLConnection> = {
    connectionInitWaitTimeout: initWaitMs,
    onConnect: async ({ connectionParams = {}, extra }) => (await extra.open(connectionParams)) ?? false,
    async onSubscribe(context, _id, payload) {
      try {
        return await prepared(context, payload)
      } catch (error) {
        return [presentThrown(error, parts.log)]
      }
    },
    onError: (_context, _id, _payload, errors) => errors.map(error => presentError(error, parts.log).toJSON()),
    execute: run,
    subscribe: run,
  }
  return makeServer(options)
}
