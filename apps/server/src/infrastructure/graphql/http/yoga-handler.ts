import { badInput } from '@cpc-messenger/messenger'
import { type ExecutionResult, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Log } from '../../../services/log.ts'
import type { Caller } from '../execution/caller.ts'
import type { OperationRunner } from '../execution/operation-runner.ts'
import { presentThrown } from '../execution/present-error.ts'
import { statusOfRefusal } from './refusal-response.ts'

export interface YogaContext {
  readonly caller: Caller
}

interface Params {
  readonly query?: string | undefined
  readonly operationName?: unknown
  readonly variables?: Readonly<Record<string, unknown>> | undefined
}

const withHttp = ({ message, nodes, source, positions, path, extensions }: GraphQLError, http: object): GraphQLError =>
  new GraphQLError(message, { nodes, source, positions, path, extensions: { ...extensions, http } })

/** A request that came to no execution has a status that says so, where the client understands that. */
const refused = (errors: readonly GraphQLError[]): ExecutionResult => ({
  errors: errors.map(error => withHttp(error, { status: statusOfRefusal([error]), spec: true })),
})

const notHere = (status: number, message: string, headers: Record<string, string> = {}): ExecutionResult => ({
  errors: [new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status, headers } } })],
})

const answer = async (
  { query = '', operationName, variables }: Params,
  method: string,
  caller: Caller,
  runner: OperationRunner,
): Promise<ExecutionResult> => {
  if (operationName != null && typeof operationName !== 'string') return notHere(400, 'operationName is not a text.')
  const prepared = runner.prepare(query, caller)
  if (prepared.errors !== undefined) return refused(prepared.errors)
  const operation = getOperationAST(prepared.document, operationName)?.operation
  if (operation === OperationTypeNode.SUBSCRIPTION)
    return notHere(406, 'Subscriptions come as text/event-stream, or over a WebSocket.')
  if (operation === OperationTypeNode.MUTATION && method === 'GET')
    return notHere(405, 'Mutations are sent by POST.', { Allow: 'POST' })
  const { data, errors } = await runner.execute({ document: prepared.document, operationName, variables }, caller)
  if (data === undefined) return refused(errors ?? [])
  return { ...(errors === undefined ? {} : { errors }), data: JSON.parse(data) }
}

/** In the place of Yoga's own pipeline: operations run here as they do over every other transport. */
const runningBy = (runner: OperationRunner): Plugin<object, YogaContext> => ({
  onParams({ context, setParamsHandler }) {
    setParamsHandler(({ request, params }) => answer(params, request.method, context.caller, runner))
  },
})

/** Of what Yoga itself throws, a `SyntaxError` is of parameters in an address or a form that are no JSON. */
const masked = (error: unknown, log: Log): GraphQLError => {
  const cause = error instanceof GraphQLError ? error.originalError : error
  if (!(cause instanceof SyntaxError)) return presentThrown(error, log)
  const refusal = presentThrown(badInput('variables', 'variables or extensions is not JSON.'), log)
  return withHttp(refusal, { status: 400, spec: true })
}

/** GraphQL over HTTP: parameters, media types and status codes as its specification has them. */
export const createYogaHandler = (runner: OperationRunner, log: Log) =>
  createYoga<YogaContext>({
    schema: runner.schema,
    plugins: [runningBy(runner)],
    maskedErrors: { maskError: error => masked(error, log), errorMessage: '' },
    logging: false,
    batching: false,
    cors: false,
    multipart: false,
    // Bodies are read, and bounded, before they come here.
    maxRequestBodySize: false,
    landingPage: false,
    parserAndValidationCache: false,
    graphiql: false,
  })
