import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const messengerEntry = fileURLToPath(new URL('../../../bin/messenger.js', import.meta.url))

export interface Ended {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** The real program with these words, on this database; `under` is a command and its arguments to run it under. */
export const messengerCommand = (
  databaseFile: string,
  words: readonly string[],
  under: readonly string[] = [],
): Promise<Ended> => {
  const [program = '', ...rest] = [...under, process.execPath, messengerEntry, ...words]
  const options = {
    cwd: dirname(dirname(databaseFile)),
    env: { PATH: process.env.PATH, DATABASE_URL: `file:${databaseFile}`, UV_THREADPOOL_SIZE: '1' },
  }
  return new Promise(resolve => {
    execFile(program, rest, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined
      resolve({ code, stdout, stderr })
    })
  })
}
