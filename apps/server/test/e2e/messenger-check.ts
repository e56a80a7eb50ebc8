import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const entry = fileURLToPath(new URL('../../bin/messenger.js', import.meta.url))

/** What `messenger check` says of this database. Throws where it finds anything. */
export const messengerCheck = async (databaseFile: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [entry, 'check'], {
    env: { DATABASE_URL: `file:${databaseFile}` },
    cwd: dirname(databaseFile),
  })
  return stdout.trim()
}
