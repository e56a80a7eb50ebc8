import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'

/** What is at this path; undefined where nothing is. */
export const findFile = async (path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
