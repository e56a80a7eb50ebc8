import { Kind, type OperationDefinitionNode } from 'graphql'
import type { Span, Tracer } from '../../../services/telemetry/tracer.ts'
import type { Answer } from '../execution/interface/answer.ts'
import type { Caller } from './caller.ts'

/** Longer operation names are truncated. */
const maxNameLength = 100

/** Spans are named after the first root field: the client's operation names would be unbounded. */
const firstFieldOf = ({ selectionSet }: OperationDefinitionNode): string => {
  const [first] = selectionSet.selections
  return first?.kind === Kind.FIELD ? first.name.value : 'fragment'
}

const transportOf = ({ renew, keepsPlace }: Caller): string => {
  if (renew !== undefined) return 'websocket'
  return keepsPlace === true ? 'sse' : 'http'
}

/** Begins the span of an operation; undefined if tracing is off. */
export const traceOperation = (
  tracer: Tracer | undefined,
  operation: OperationDefinitionNode,
  caller: Caller,
): Span | undefined => {
  if (tracer === undefined) return undefined
  return tracer.begin(`${operation.operation} ${firstFieldOf(operation)}`, {
    kind: 'server',
    parent: caller.traceparent,
    attributes: {
      'graphql.operation.type': operation.operation,
      'messenger.transport': transportOf(caller),
      ...(operation.name === undefined
        ? {}
        : { 'graphql.operation.name': operation.name.value.slice(0, maxNameLength) }),
    },
  })
}

/** `OK` or the code of the first error. */
export const codeOf = ({ errors }: Answer): string => String(errors?.[0]?.extensions.code ?? 'OK')
