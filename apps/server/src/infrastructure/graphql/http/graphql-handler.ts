import type { IncomingMessage, ServerResponse } from 'node:http'
import { getOperationAST, OperationTypeNode } from 'graphql'
import type { RequestHandler } from '../../transport.ts'
import type { Caller } from '../execution/caller.ts'
import type { GraphQLParts } from '../execution/graphql-parts.ts'
import type { OperationRunner } from '../execution/operation-runner.ts'
import { presentThrown } from '../execution/present-error.ts'
import type { EventStreamHandler } from './event-stream-handler.ts'
import { GraphiQLPage } from './graphiql-page.ts'
import { type GraphQLParams, paramsOfBody, paramsOfUrl } from './graphql-params.ts'
import { httpSession } from './http-session.ts'
import { answerPlainly } from './plain-answer.ts'
import { plainRequest } from './plain-request.ts'
import { refuse } from './refusal-response.ts'
import { readBody } from './request-body.ts'
import { createYogaHandler } from './yoga-handler.ts'

const eventStream = 'text/event-stream'

/** Whether the answer is to come as events: it is all that the client takes, or it takes them too and subscribes. */
const wantsEvents = (
  accept: string,
  { query, operationName }: GraphQLParams,
  caller: Caller,
  runner: OperationRunner,
): boolean => {
  if (accept.split(',').every(type => type.trim().startsWith(eventStream))) return true
  const prepared = runner.prepare(query, caller)
  if (prepared.errors !== undefined) return false
  return getOperationAST(prepared.document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION
}

/** A browser that opens the address. */
const wantsPage = (accept: string): boolean => accept.includes('text/html') && !accept.includes('json')

/** `/graphql` over HTTP. */
export const createGraphQLHandler = (
  runner: OperationRunner,
  parts: GraphQLParts,
  events: EventStreamHandler,
): RequestHandler => {
  const yoga = createYogaHandler(runner, parts.log)
  const page = new GraphiQLPage()

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', headers } = request
    const session = await httpSession(headers, parts.signIn)
    const caller: Caller = { session, resume: undefined, traceparent: traceparentOf(headers) }
    const body = method === 'POST' ? await readBody(request) : undefined
    const plain = body && plainRequest(headers, body)
    if (plain !== undefined && (await answerPlainly(runner, plain, caller, response))) return
    const url = new URL(request.url ?? '/', 'http://localhost')
    const { accept = '' } = headers
    if (accept.includes(eventStream) && !accept.includes('text/html') && (method === 'POST' || method === 'GET')) {
      const params = body === undefined ? paramsOfUrl(url) : paramsOfBody(body)
      if (wantsEvents(accept, params, caller, runner)) return events.handle(request, response, params, caller)
    }
    if (method === 'GET' && wantsPage(accept)) return page.answer(request, response)
    const answered = await yoga.fetch(
      url,
      { method, headers: textHeaders(headers), ...(body === undefined ? {} : { body: new Uint8Array(body) }) },
      { caller },
    )
    response.writeHead(answered.status, Object.fromEntries(answered.headers))
    response.end(await answered.text())
  }

  return async (request, response) => {
    try {
      await answer(request, response)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else refuse(request, response, presentThrown(error, parts.log))
    }
  }
}

/** Sent twice it says nothing. */
const traceparentOf = ({ traceparent }: IncomingMessage['headers']): string | undefined =>
  typeof traceparent === 'string' ? traceparent : undefined

const textHeaders = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
