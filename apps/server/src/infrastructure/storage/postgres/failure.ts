import { unavailable } from '@cpc-messenger/messenger'

/** Classes of SQLSTATE that report an error in a statement or its values: data, constraints, syntax and access rules, limits. */
const mistakes: ReadonlySet<string> = new Set(['21', '22', '23', '42', '54'])

const stateOf = (error: unknown): string | undefined =>
  error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

/** Whether the database reported the error. Otherwise the outcome of the statement is unknown. */
export const isAnswered = (error: unknown): boolean => {
  const state = stateOf(error)
  return state !== undefined && !state.startsWith('57P')
}

/** Whether a lock was not available in time, or a deadlock rolled this transaction back. */
export const isHeld = (error: unknown): boolean => {
  const state = stateOf(error instanceof Error && error.name === 'Refusal' ? error.cause : error)
  return state === '55P03' || state === '40P01'
}

/** Whether the client library gave up waiting for a response. */
export const isResponseTimeout = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Query read timeout'

const reasonOf = (state: string | undefined, { message }: Error): string => {
  switch (state) {
    case '55P03':
    case '40P01':
      return 'The data is locked by another transaction: retry in a moment'
    case '57014':
      return 'The database took too long'
    case '25006':
      return 'The database is read-only'
    default:
      return `The database does not respond: ${message}`
  }
}

/** Turns a failure of the database into a refusal with its cause; an error in a statement or its values is returned as it is. */
export const translated = (error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return error
  if (error.name === 'Refusal') return error
  const state = stateOf(error)
  if (state !== undefined && mistakes.has(state.slice(0, 2))) return error
  return unavailable(`${reasonOf(state, error)}.`, error)
}
