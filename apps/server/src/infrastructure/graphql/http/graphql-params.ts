import { badInput } from '@cpc-messenger/messenger'

export interface GraphQLParams {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>> | undefined
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parseJson = (text: string, field: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw badInput(field, `${field} is not JSON.`)
  }
}

/** Refuses with BAD_USER_INPUT what is of another form. */
export const checkedParams = (params: unknown): GraphQLParams => {
  if (!isRecord(params)) throw badInput('query', 'The body is not a JSON object.')
  const { query, operationName, variables } = params
  if (typeof query !== 'string') throw badInput('query', 'query is missing, or not a text.')
  if (operationName != null && typeof operationName !== 'string')
    throw badInput('operationName', 'operationName is not a text.')
  if (variables != null && !isRecord(variables)) throw badInput('variables', 'variables is not a JSON object.')
  return { query, operationName: operationName ?? undefined, variables: variables ?? undefined }
}

export const paramsOfBody = (body: Buffer): GraphQLParams => checkedParams(parseJson(body.toString('utf8'), 'body'))

export const paramsOfUrl = (url: URL): GraphQLParams => {
  const variables = url.searchParams.get('variables')
  return checkedParams({
    query: url.searchParams.get('query') ?? undefined,
    operationName: url.searchParams.get('operationName'),
    variables: variables === null || variables === '' ? undefined : parseJson(variables, 'variables'),
  })
}
