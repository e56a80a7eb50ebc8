import type { ServerResponse } from 'node:http'
import { type Answer, answerText } from '../compiled/answer.ts'
import type { JsonType } from './accepted-answers.ts'
import { statusOfRefusal } from './refusal-response.ts'

/** Clients of `application/json` take 200 to be told anything by GraphQL. */
const statusOf = ({ data, errors }: Answer, type: JsonType): number =>
  data !== undefined || errors === undefined || type === 'application/json' ? 200 : statusOfRefusal(errors)

export const answerJson = (response: ServerResponse, answer: Answer, type: JsonType): void => {
  const body = answerText(answer)
  response.writeHead(statusOf(answer, type), {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}
