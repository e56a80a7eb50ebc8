import type { IncomingHttpHeaders } from 'node:http'
import { checkedParams, type GraphQLParams, isRecord } from './graphql-params.ts'

export type JsonType = 'application/json' | 'application/graphql-response+json'

/** An operation that came as JSON and is to be answered so. */
export interface PlainRequest {
  readonly params: GraphQLParams
  readonly answerType: JsonType
}

const jsonBody = /^application\/json(?:; ?charset=utf-8)?$/i
/** Without a quality it is 1: nothing is wanted more. */
const firstAccepted = /^\s*(\*\/\*|application\/json|application\/graphql-response\+json)\s*(?:,|$)/i

/** What the client would rather have than all else, if that is JSON. */
const answerTypeFor = (accept: string | undefined): JsonType | undefined => {
  if (accept === undefined || accept === 'application/json') return 'application/json'
  const [, type] = firstAccepted.exec(accept) ?? []
  if (type === undefined) return undefined
  return type.toLowerCase() === 'application/graphql-response+json'
    ? 'application/graphql-response+json'
    : 'application/json'
}

const usual: ReadonlySet<string> = new Set(['query', 'variables', 'operationName', 'extensions'])

const paramsIfUsual = (body: Buffer): GraphQLParams | undefined => {
  try {
    const params: unknown = JSON.parse(body.toString('utf8'))
    if (!isRecord(params) || !Object.keys(params).every(name => usual.has(name))) return undefined
    return params.extensions == null || isRecord(params.extensions) ? checkedParams(params) : undefined
  } catch {
    return undefined
  }
}

/** Undefined for whatever is odd in the least: that is answered with more care, and more slowly. */
export const plainRequest = (headers: IncomingHttpHeaders, body: Buffer): PlainRequest | undefined => {
  if (!jsonBody.test(headers['content-type'] ?? '')) return undefined
  const answerType = answerTypeFor(headers.accept)
  const params = answerType && paramsIfUsual(body)
  return params && { params, answerType }
}
