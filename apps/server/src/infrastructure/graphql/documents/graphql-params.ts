import { GraphQLError } from 'graphql'
import type { Prepared } from './prepared-documents.ts'

type Fields = Readonly<Record<string, unknown>>

/** The parameters of a GraphQL request, for every transport. */
export interface GraphQLParams {
  /** Undefined if the client sent only the hash of a persisted query. */
  readonly query: string | undefined
  readonly operationName: string | undefined
  readonly variables: Fields | undefined
}

interface ParamsFault {
  readonly field: string
  readonly message: string
}

export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Absent, null and empty mean that there is no name. */
const nameOf = (operationName: unknown): string | undefined =>
  typeof operationName === 'string' && operationName !== '' ? operationName : undefined

const faultOf = ({ query, operationName, variables, extensions }: Fields): ParamsFault | undefined => {
  if (operationName != null && typeof operationName !== 'string')
    return { field: 'operationName', message: '`operationName` must be a string.' }
  if (variables != null && !isRecord(variables))
    return { field: 'variables', message: '`variables` must be a JSON object.' }
  if (extensions != null && !isRecord(extensions))
    return { field: 'extensions', message: '`extensions` must be a JSON object.' }
  if (typeof query === 'string' || hashAlone(query, extensions)) return undefined
  return { field: 'query', message: '`query` must be a string.' }
}

const hashAlone = (query: unknown, extensions: unknown): boolean =>
  (query == null || query === '') && isRecord(extensions) && isRecord(extensions.persistedQuery)

/** Ignores other parameters. */
export const parseParams = (params: Fields): GraphQLParams | ParamsFault => {
  const fault = faultOf(params)
  if (fault !== undefined) return fault
  const { query, operationName, variables, extensions } = params
  return {
    query: typeof query === 'string' && !hashAlone(query, extensions) ? query : undefined,
    operationName: nameOf(operationName),
    variables: isRecord(variables) ? variables : undefined,
  }
}

/**
 * Persisted queries are not supported. With this message and code, which are Apollo's, a client that sent only the hash sends
 * the text instead.
 */
export const persistedQueryNotSupported: Prepared = {
  errors: [new GraphQLError('PersistedQueryNotSupported', { extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } })],
}
