import { unavailable } from '@cpc-messenger/messenger'

/** Classes of SQLSTATE that say that a statement or its values are wrong: data, constraints, syntax and access rules, limits. */
const mistakes: ReadonlySet<string> = new Set(['21', '22', '23', '42', '54'])

const stateOf = (error: unknown): string | undefined =>
  error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

/** The database itself said so; otherwise it is not known what became of the statement. */
export const isAnswered = (error: unknown): boolean => {
  const state = stateOf(error)
  return state !== undefined && !state.startsWith('57P')
}

/** A lock was not to be had in the time that a statement may wait for one, or only by undoing this transaction. */
export const isHeld = (error: unknown): boolean => {
  const state = stateOf(error instanceof Error && error.name === 'Refusal' ? error.cause : error)
  return state === '55P03' || state === '40P01'
}

/** The client library gave up waiting. */
export const isSilence = (error: unknown): boolean => error instanceof Error && error.message === 'Query read timeout'

const reasonOf = (state: string | undefined, { message }: Error): string => {
  switch (state) {
    case '55P03':
    case '40P01':
      return 'Others hold what this needs: try again in a moment'
    case '57014':
      return 'The database took too long'
    case '25006':
      return 'The database only reads'
    default:
      return `The database does not answer: ${message}`
  }
}

/** The database's failures as a refusal with their cause; what is wrong with a statement or its values comes as it is. */
export const translated = (error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return error
  if (error.name === 'Refusal') return error
  const state = stateOf(error)
  if (state !== undefined && mistakes.has(state.slice(0, 2))) return error
  return unavailable(`${reasonOf(state, error)}.`, error)
}
