import type { ServerResponse } from 'node:http'
import type { CpuAccount } from '../../scheduling/cpu-account.ts'
import { type Answer, answerToJson, jsonBeforeData, largeAnswerLength } from '../execution/interface/answer.ts'
import type { JsonType } from './accepted-answers.ts'
import { LargeBody } from './large-body.ts'
import { statusOfRefusal } from './refusal-response.ts'

/** With `application/json` every GraphQL answer has status 200. */
const statusOf = ({ data, errors }: Answer, type: JsonType): number =>
  data !== undefined || errors === undefined || type === 'application/json' ? 200 : statusOfRefusal(errors)

/** Sends the answer, and returns the bytes of its body. */
export const sendJsonAnswer = (
  response: ServerResponse,
  answer: Answer,
  type: JsonType,
  account: CpuAccount,
): number => {
  const { data = '', errors } = answer
  const large =
    data.length > largeAnswerLength ? new LargeBody(response, account, [jsonBeforeData(errors), data, '}']) : undefined
  const body = large === undefined ? answerToJson(answer) : ''
  const bytes = large?.bytes ?? Buffer.byteLength(body)
  response.writeHead(statusOf(answer, type), {
    'content-type': `${type}; charset=utf-8`,
    'content-length': bytes,
    'cache-control': 'no-store',
  })
  if (large === undefined) response.end(body)
  else large.send()
  return bytes
}
