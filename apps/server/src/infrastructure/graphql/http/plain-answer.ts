import type { ServerResponse } from 'node:http'
import { getOperationAST, OperationTypeNode } from 'graphql'
import { type Answer, answerText } from '../compiled/answer.ts'
import type { Caller } from '../execution/caller.ts'
import type { OperationRunner } from '../execution/operation-runner.ts'
import type { JsonType, PlainRequest } from './plain-request.ts'
import { statusOfRefusal } from './refusal-response.ts'

/** Clients of `application/json` take 200 to be told anything by GraphQL. */
const statusOf = ({ data, errors }: Answer, answerType: JsonType): number =>
  data !== undefined || errors === undefined || answerType === 'application/json' ? 200 : statusOfRefusal(errors)

const send = (response: ServerResponse, answer: Answer, answerType: JsonType): void => {
  const body = answerText(answer)
  response.writeHead(statusOf(answer, answerType), {
    'content-type': `${answerType}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Answers a query or a mutation; false of anything else, which is left unanswered. */
export const answerPlainly = async (
  runner: OperationRunner,
  { params: { query, operationName, variables }, answerType }: PlainRequest,
  caller: Caller,
  response: ServerResponse,
): Promise<boolean> => {
  const { document, errors } = runner.prepare(query, caller)
  if (document === undefined) {
    send(response, { errors }, answerType)
    return true
  }
  if (getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION) return false
  send(response, await runner.execute({ document, operationName, variables }, caller), answerType)
  return true
}
