import { open } from 'node:fs/promises'

/** A name is durable only once its folder is; Windows knows no such thing. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync()
}
