import { open } from 'node:fs/promises'

/** Makes the names of new files in a folder durable. Windows needs and supports no such call. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync()
}
