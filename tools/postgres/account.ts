import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root: if this process is root, it runs as `nobody`. Undefined: as this account. */
export const unprivilegedAccount = async (): Promise<Account | undefined> => {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async flag => Number((await run('id', [flag, 'nobody'])).stdout)),
  )
  if (uid === undefined || gid === undefined) throw new TypeError('there is no account "nobody"')
  return { uid, gid }
}

/** Whether this account can access a file or folder. */
export const mayRead = async (account: Account, path: string): Promise<boolean> => {
  try {
    await run('test', ['-r', path], { ...account, cwd: '/' })
    return true
  } catch {
    return false
  }
}
