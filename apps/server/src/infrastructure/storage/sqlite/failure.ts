import { unavailable } from '@cpc-messenger/messenger'

/** Primary result codes that say that a statement or its values are wrong: ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE. */
const mistakes: ReadonlySet<number> = new Set([1, 18, 19, 20, 21, 25])

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

const resultCodeOf = (error: Error): number =>
  'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 1

/** The engine's failures as a refusal with their cause; anything else as it is. */
export const translated = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  const code = codeOf(error)
  // What node:sqlite says of a connection that is closed.
  if (code === 'ERR_INVALID_STATE') return unavailable('The database is closed.', error)
  if (code !== 'ERR_SQLITE_ERROR' || mistakes.has(resultCodeOf(error))) return error
  if (resultCodeOf(error) === 8)
    return unavailable('The database only reads: its data have moved to another one, or nobody may write to it.', error)
  return unavailable(`The database does not answer: ${error.message}.`, error)
}

const isOf = (resultCode: number, error: unknown): boolean =>
  codeOf(error) === 'ERR_SQLITE_ERROR' && error instanceof Error && resultCodeOf(error) === resultCode

export const isBusy = (error: unknown): boolean => isOf(5, error)

/** The file holds something that SQLite did not write. */
export const isNoDatabase = (error: unknown): boolean => isOf(26, error)

/** The disk is. */
export const isFull = (error: unknown): boolean => isOf(13, error)
