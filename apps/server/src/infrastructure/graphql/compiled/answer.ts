import type { ExecutionResult, GraphQLError } from 'graphql'

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

/** The whole answer as JSON. */
export const answerText = ({ data, errors }: Answer): string => {
  if (errors === undefined) return `{"data":${data}}`
  const errorsText = JSON.stringify(errors)
  return data === undefined ? `{"errors":${errorsText}}` : `{"errors":${errorsText},"data":${data}}`
}
