import { randomBytes } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makePrivateFolder, tightenFile } from '../files/private-files.ts'
import { syncFolder } from '../files/sync-folder.ts'
import { type KeyPlace, OwnKeyError } from './own-key.ts'

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const writeDurably = async (file: string, text: string): Promise<void> => {
  await using handle = await open(file, 'wx', 0o600)
  await handle.writeFile(text)
  await handle.sync()
}

export const keyFile = (file: string): KeyPlace => {
  return {
    name: file,

    async read() {
      tightenFile(file)
      try {
        return await readFile(file, 'utf8')
      } catch (cause) {
        if (hasCode(cause, 'ENOENT')) return undefined
        throw new OwnKeyError(`The server's key cannot be read from ${file}.`, { cause })
      }
    },

    /** The file appears under its name complete, in one step. */
    async keepFirst(text) {
      const draft = `${file}.${randomBytes(6).toString('hex')}`
      try {
        await makePrivateFolder(dirname(file))
        await writeDurably(draft, text)
        await link(draft, file)
        await syncFolder(dirname(file))
      } catch (cause) {
        if (!hasCode(cause, 'EEXIST'))
          throw new OwnKeyError(`The server's key cannot be written to ${file}.`, { cause })
      } finally {
        await rm(draft, { force: true })
      }
    },
  }
}

/** The path of the key file, beside the data to which its tokens give access. */
export const ownKeyFile = (databaseFile: string): KeyPlace => keyFile(join(dirname(databaseFile), 'messenger.key.json'))
