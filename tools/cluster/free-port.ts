import { once } from 'node:events'
import { createServer } from 'node:net'

/** A free port of 127.0.0.1: this one, or any for 0. Rejects if it is taken. */
export const freePort = async (port = 0): Promise<number> => {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return address.port
}
