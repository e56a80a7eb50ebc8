import { stat } from 'node:fs/promises'
import type { RunningServer } from '../server/running-server.ts'

const frameSize = 4096 + 24
const framesLeft = 24

const logSize = async ({ databaseFile }: RunningServer): Promise<number> => (await stat(`${databaseFile}-wal`)).size

/** The log grows until a checkpoint has written it back, and is then written again from its start. */
const fullLogSize = async (server: RunningServer, send: () => Promise<unknown>): Promise<number> => {
  let size = 0
  for (let same = 0; same < 5; ) {
    await send()
    const now = await logSize(server)
    same = now === size ? same + 1 : 0
    size = now
  }
  return size
}

/** Sends, and restarts the server once, until the write-ahead log is nearly full: the next few commits cause a checkpoint. */
export const approachCheckpoint = async (server: RunningServer, send: () => Promise<unknown>): Promise<void> => {
  const full = await fullLogSize(server, send)
  await server.restart('stop')
  do await send()
  while ((await logSize(server)) < full - framesLeft * frameSize)
}
