import type { IncomingMessage } from 'node:http'
import { parseMediaType } from '../../http/header-grammar.ts'
import { headerOf } from '../../http/request-headers.ts'
import { type AcceptedAnswers, acceptedAnswers } from './accepted-answers.ts'
import { HttpRefusal } from './http-refusal.ts'

export const allowedMethods = 'GET, POST, OPTIONS'

/** A request whose form is valid for an operation. */
export interface AdmittedRequest {
  readonly method: 'GET' | 'POST'
  readonly accepted: AcceptedAnswers
}

const notJson = (): HttpRefusal =>
  new HttpRefusal(415, 'POST needs a body with Content-Type: application/json, in UTF-8.', {
    headers: { accept: 'application/json' },
  })

/** The registered name, and a common spelling. */
const utf8: ReadonlySet<string> = new Set(['utf-8', 'utf8'])

/** Of repeated headers Node uses the first; a proxy may have used another. */
const isSentOnce = ({ rawHeaders }: IncomingMessage, name: string): boolean => {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at]
    if (sent?.length === name.length && sent.toLowerCase() === name) count += 1
  }
  return count === 1
}

const requireJson = (request: IncomingMessage): void => {
  const text = headerOf(request, 'content-type')
  if (text === undefined || !isSentOnce(request, 'content-type')) throw notJson()
  const type = parseMediaType(text)
  if (type?.name !== 'application/json') throw notJson()
  if (!utf8.has((type.parameters.get('charset') ?? 'utf-8').toLowerCase())) throw notJson()
  const coding = request.headers['content-encoding']
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity')
    throw new HttpRefusal(415, 'Send the body without a Content-Encoding.', {
      headers: { 'accept-encoding': 'identity' },
    })
}

const requireNoBody = ({ headers }: IncomingMessage): void => {
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)
    throw new HttpRefusal(400, 'A GET request has its query in the URL and no body.')
}

/**
 * Checks the form of every request before its operation is read: GET has it in the URL, POST in a JSON body in UTF-8, and no
 * other form is accepted. Throws an `HttpRefusal`; reads nothing of the body.
 */
export const admit = (request: IncomingMessage): AdmittedRequest => {
  const { method } = request
  if (method !== 'GET' && method !== 'POST')
    throw new HttpRefusal(405, 'Use GET or POST.', { headers: { allow: allowedMethods } })
  if (method === 'POST') requireJson(request)
  else requireNoBody(request)
  return { method, accepted: acceptedAnswers(request.headers.accept) }
}
