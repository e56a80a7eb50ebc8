import { type DocumentNode, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql'
import type { Span, Tracer } from '../../../services/telemetry/tracer.ts'
import type { Answer } from '../execution/answer.ts'
import type { Caller } from './caller.ts'

/** Names are the client's: a long one is cut. */
const longestName = 100

/** The names of spans are few: what an operation asks first for is of the schema, its own name is an attribute. */
const firstFieldOf = ({ selectionSet }: OperationDefinitionNode): string => {
  const [first] = selectionSet.selections
  return first?.kind === Kind.FIELD ? first.name.value : 'fragment'
}

const transportOf = ({ renew, keepsPlace }: Caller): string => {
  if (renew !== undefined) return 'websocket'
  return keepsPlace === true ? 'sse' : 'http'
}

interface AskedFor {
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
}

/** Begins the span of a valid operation. */
export const traceOperation = (
  tracer: Tracer | undefined,
  { document, operationName }: AskedFor,
  caller: Caller,
): Span | undefined => {
  if (tracer === undefined) return undefined
  const operation = getOperationAST(document, operationName)
  if (operation == null) return undefined
  return tracer.begin(`${operation.operation} ${firstFieldOf(operation)}`, {
    kind: 'server',
    parent: caller.traceparent,
    attributes: {
      'graphql.operation.type': operation.operation,
      'messenger.transport': transportOf(caller),
      ...(operation.name === undefined ? {} : { 'graphql.operation.name': operation.name.value.slice(0, longestName) }),
    },
  })
}

/** `OK`, or the code of the first error. */
export const codeOf = ({ errors }: Answer): string => String(errors?.[0]?.extensions.code ?? 'OK')
