import type { ExecutionResult, GraphQLError } from 'graphql'

/** Longer answers, in characters, are encoded in a separate turn of the event loop, and written in pieces. */
export const largeAnswerLength = 262_144

/** The result of an operation. */
export interface Answer {
  /** JSON; undefined if the operation was not executed. */
  readonly data?: string
  readonly errors?: readonly GraphQLError[]
  /** The execution was aborted because the answer exceeds the limits. */
  readonly tooLarge?: true
}

export const answerOf = ({ data, errors }: ExecutionResult): Answer => ({
  ...(errors === undefined ? {} : { errors }),
  ...(data === undefined ? {} : { data: JSON.stringify(data) }),
})

/** The JSON before the data of an answer; only a bracket follows the data. */
export const jsonBeforeData = (errors: Answer['errors']): string =>
  errors === undefined ? '{"data":' : `{"errors":${JSON.stringify(errors)},"data":`

/** The whole answer as JSON. */
export const answerToJson = ({ data, errors }: Answer): string =>
  data === undefined && errors !== undefined
    ? `{"errors":${JSON.stringify(errors)}}`
    : `${jsonBeforeData(errors)}${data}}`
