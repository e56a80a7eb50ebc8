import type { ExecutionResult, GraphQLError } from 'graphql'

/** Characters from which on an answer is encoded in a turn of the event loop of its own, and written in pieces. */
export const largeAnswerLength = 262_144

/** What an operation answers. */
export interface Answer {
  /** As JSON; undefined where the operation was not executed. */
  readonly data?: string
  readonly errors?: readonly GraphQLError[]
  /** It was given up, because it would hold more than an answer may. */
  readonly tooLarge?: true
}

export const answerOf = ({ data, errors }: ExecutionResult): Answer => ({
  ...(errors === undefined ? {} : { errors }),
  ...(data === undefined ? {} : { data: JSON.stringify(data) }),
})

/** What of an answer's JSON comes before its data; the bracket after that is all that follows. */
export const jsonBeforeData = (errors: Answer['errors']): string =>
  errors === undefined ? '{"data":' : `{"errors":${JSON.stringify(errors)},"data":`

/** The whole answer as JSON. */
export const answerToJson = ({ data, errors }: Answer): string =>
  data === undefined && errors !== undefined
    ? `{"errors":${JSON.stringify(errors)}}`
    : `${jsonBeforeData(errors)}${data}}`
