import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'

/** The file or folder at this path; undefined if it does not exist. */
export const findFile = async (path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
