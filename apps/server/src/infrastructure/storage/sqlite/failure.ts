import { unavailable } from '@cpc-messenger/messenger'

/** Primary result codes for an error in a statement or its values: ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE. */
const mistakes: ReadonlySet<number> = new Set([1, 18, 19, 20, 21, 25])

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

const resultCodeOf = (error: Error): number =>
  'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 1

/** Turns a failure of SQLite into a refusal with its cause; any other error is returned as it is. */
export const translated = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  const code = codeOf(error)
  // The code of node:sqlite for a closed connection.
  if (code === 'ERR_INVALID_STATE') return unavailable('The database is closed.', error)
  if (code !== 'ERR_SQLITE_ERROR' || mistakes.has(resultCodeOf(error))) return error
  if (resultCodeOf(error) === 8)
    return unavailable(
      'The database is read-only: its data was moved to another one, or the file is not writable.',
      error,
    )
  return unavailable(`The database does not respond: ${error.message}.`, error)
}

const isOf = (resultCode: number, error: unknown): boolean =>
  codeOf(error) === 'ERR_SQLITE_ERROR' && error instanceof Error && resultCodeOf(error) === resultCode

export const isBusy = (error: unknown): boolean => isOf(5, error)

/** The file is not a SQLite database. */
export const isNoDatabase = (error: unknown): boolean => isOf(26, error)

/** The disk is full. */
export const isFull = (error: unknown): boolean => isOf(13, error)
