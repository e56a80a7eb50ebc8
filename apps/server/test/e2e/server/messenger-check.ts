import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const entry = fileURLToPath(new URL('../../../bin/messenger.js', import.meta.url))

/** What `messenger check` says of this database. Throws where it finds anything. */
export const messengerCheck = async (databaseUrl: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [entry, 'check'], {
    env: { DATABASE_URL: databaseUrl },
    cwd: tmpdir(),
  })
  return stdout.trim()
}
