import type { IncomingMessage, ServerResponse } from 'node:http'
import { frameBytes } from '@cpc-messenger/protocol'
import { OperationTypeNode } from 'graphql'
import { LimitReached } from '../../../services/limits/limit-reached.ts'
import { headerOf } from '../../http/request-headers.ts'
import type { RequestHandler } from '../../http/transport.ts'
import { fairScheduler, keyOfAddress } from '../../scheduling/fair-scheduler.ts'
import { type GraphQLParams, persistedQueryNotSupported } from '../documents/graphql-params.ts'
import type { Caller } from '../operations/caller.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import type { OperationRunner } from '../operations/operation-runner.ts'
import type { AcceptedAnswers } from './accepted-answers.ts'
import type { EventStreamHandler } from './event-stream-handler.ts'
import { GraphiQLPage } from './graphiql-page.ts'
import { paramsOfBody, paramsOfUrl } from './http-params.ts'
import { HttpRefusal } from './http-refusal.ts'
import { HttpSessions } from './http-session.ts'
import { sendJsonAnswer } from './json-answer.ts'
import { refuse } from './refusal-response.ts'
import { readBody } from './request-body.ts'
import { type AdmittedRequest, admit, allowedMethods } from './request-gate.ts'
import { whenTaken } from './when-taken.ts'

/** The metrics label of requests that were refused before their operation was known. */
const wholeRequest = 'request'

/** Throws if the server has none of the accepted media types. */
const requireForm = ({ json, events }: AcceptedAnswers): void => {
  if (json === undefined && !events)
    throw new HttpRefusal(
      406,
      'Accept must allow application/json, application/graphql-response+json or text/event-stream.',
    )
}

/** A browser opens the URL without a query. */
const isBrowsing = ({ url = '' }: IncomingMessage, { method, accepted }: AdmittedRequest): boolean =>
  method === 'GET' && accepted.page && !/[?&]query=/.test(url)

const noPage = (): HttpRefusal =>
  new HttpRefusal(400, 'GraphiQL is off. Set GRAPHIQL=on to see it here, or send a GraphQL query as `query`.')

const noStream = (): HttpRefusal =>
  new HttpRefusal(406, 'Use Accept: text/event-stream or a WebSocket for subscriptions.')

/** Reads the body and checks the rate limits. Resolves or rejects when it is the turn of this account. */
const readInTurn = async (
  request: IncomingMessage,
  response: ServerResponse,
  { session, account }: Caller,
  limiter: GraphQLDependencies['limiter'],
): Promise<Buffer | undefined> => {
  try {
    if (session !== undefined) limiter?.take('requests', session.actor.userId)
    if (request.method === 'GET') return undefined
    const body = await readBody(request, response, session === undefined ? 'anonymous' : 'authenticated')
    if (session !== undefined && body.length > frameBytes) limiter?.take('largeFrames', session.actor.userId)
    return body
  } finally {
    if (!fairScheduler.admits(account)) await fairScheduler.turn(account)
  }
}

const paramsOf = ({ url = '/' }: IncomingMessage, body: Buffer | undefined): GraphQLParams =>
  body === undefined ? paramsOfUrl(new URL(url, 'http://localhost')) : paramsOfBody(body)

/** `/graphql` over HTTP. */
export const createGraphQLHandler = (
  runner: OperationRunner,
  dependencies: GraphQLDependencies,
  events: EventStreamHandler,
): RequestHandler => {
  const page = dependencies.exposure.graphiql ? new GraphiQLPage() : undefined
  const sessions = new HttpSessions(dependencies)

  const runOperation = async (
    request: IncomingMessage,
    response: ServerResponse,
    { method, accepted }: AdmittedRequest,
    caller: Caller,
  ): Promise<void> => {
    const body = await readInTurn(request, response, caller, dependencies.limiter)
    const { query, operationName, variables } = paramsOf(request, body)
    const preparing = query === undefined ? persistedQueryNotSupported : runner.prepareInSlices(query, caller)
    const prepared = preparing instanceof Promise ? await preparing : preparing
    const { document, errors } = prepared
    const kind = document?.operation(operationName)?.kind
    if (kind === OperationTypeNode.MUTATION && method === 'GET')
      throw new HttpRefusal(405, 'Send mutations by POST.', { headers: { allow: 'POST' } })
    if (kind === OperationTypeNode.SUBSCRIPTION && !accepted.events) throw noStream()
    if (kind === OperationTypeNode.SUBSCRIPTION || accepted.onlyEvents || accepted.json === undefined)
      return events.handle({ request, response, prepared, operationName, variables, caller })
    if (document === undefined) return void sendJsonAnswer(response, { errors }, accepted.json, caller.account)
    const result = await runner.execute({ document, operationName, variables }, caller)
    const bytes = sendJsonAnswer(response, result, accepted.json, caller.account)
    const taken = runner.holdUnsent(caller, bytes)
    if (taken !== undefined) whenTaken(response, taken)
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const admitted = admit(request)
    if (page !== undefined && admitted.method === 'GET' && admitted.accepted.page) return page.answer(request, response)
    if (page === undefined && isBrowsing(request, admitted)) throw noPage()
    requireForm(admitted.accepted)
    const authenticated = sessions.of(request)
    const session = authenticated instanceof Promise ? await authenticated : authenticated
    const caller: Caller = {
      session,
      resume: undefined,
      account: fairScheduler.of(session?.actor.userId ?? keyOfAddress(dependencies.proxies?.blockOf(request))),
      traceparent: headerOf(request, 'traceparent'),
    }
    await runOperation(request, response, admitted, caller)
  }

  return async (request, response) => {
    if (request.method === 'OPTIONS') return void response.writeHead(204, { allow: allowedMethods }).end()
    try {
      await answer(request, response)
    } catch (error) {
      const cutOff = error instanceof LimitReached && error.ignored && (await dependencies.limiter?.hold()) === false
      if (cutOff) dependencies.meter.request(wholeRequest, error.code)
      if (cutOff || response.headersSent) response.destroy()
      else dependencies.meter.request(wholeRequest, refuse(request, response, error, dependencies.log))
    }
  }
}
