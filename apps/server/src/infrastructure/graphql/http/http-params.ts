import { isUtf8 } from 'node:buffer'
import { badInput } from '@cpc-messenger/messenger'
import { type GraphQLParams, isRecord, parseParams } from '../documents/graphql-params.ts'
import { HttpRefusal } from './http-refusal.ts'

const names: ReadonlySet<string> = new Set(['query', 'variables', 'operationName', 'extensions'])

/** The message does not repeat the input. */
const parseJson = (text: string, field: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw badInput(field, `${field} is not JSON.`)
  }
}

const checked = (params: Readonly<Record<string, unknown>>): GraphQLParams => {
  const parsed = parseParams(params)
  if ('field' in parsed) throw badInput(parsed.field, parsed.message)
  return parsed
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

const textOf = (body: Buffer): string => {
  if (!isUtf8(body)) throw badInput('body', 'The body is not UTF-8.')
  const marked = byteOrderMark.equals(body.subarray(0, byteOrderMark.length))
  return body.toString('utf8', marked ? byteOrderMark.length : 0)
}

const shownNameLength = 40

const unknownField = (name: string): string => {
  const shown = name.length <= shownNameLength ? ` ${JSON.stringify(name)}` : ''
  return `Unknown field${shown} in the body. Allowed: query, operationName, variables, extensions.`
}

/** Throws a refusal if the body has another form. */
export const paramsOfBody = (body: Buffer): GraphQLParams => {
  const params = parseJson(textOf(body), 'body')
  if (Array.isArray(params))
    throw new HttpRefusal(400, 'Send one operation in each request: a JSON object, not a list.', {
      code: 'QUERY_TOO_COMPLEX',
    })
  if (!isRecord(params)) throw badInput('body', 'The body is not a JSON object.')
  const unknown = Object.keys(params).find(name => !names.has(name) && params[name] != null)
  if (unknown !== undefined) throw badInput('body', unknownField(unknown))
  return checked(params)
}

const jsonParam = (url: URL, name: string): unknown => {
  const text = url.searchParams.get(name)
  return text === null || text === '' ? undefined : parseJson(text, name)
}

/** Throws a refusal if a parameter is invalid. Unknown parameters are ignored. */
export const paramsOfUrl = (url: URL): GraphQLParams =>
  checked({
    query: url.searchParams.get('query') ?? undefined,
    operationName: url.searchParams.get('operationName'),
    variables: jsonParam(url, 'variables'),
    extensions: jsonParam(url, 'extensions'),
  })
