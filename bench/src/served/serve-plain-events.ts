import { randomBytes } from 'node:crypto'
import type { Protocol } from '../load/subscribers/subscriber.ts'
import type { OwnServerCalls } from '../peers/own-server-peer.ts'
import type { Plan } from '../plan.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import type { Layout } from './layout.ts'
import { makeOwnRooms, seatsOf } from './own-rooms.ts'
import type { Served } from './serve.ts'

const program = new URL('../peers/own-server-peer.ts', import.meta.url)

/** Our whole server in a process of the bench, which creates messages itself: no client sends them. */
export const servePlainEvents = async (
  { processes, cpus }: Plan,
  protocol: Protocol,
  layout: Layout,
): Promise<Served> => {
  const server = new PeerProcess<OwnServerCalls>(processes, program, cpus.measured)
  const jwtSecret = randomBytes(32).toString('hex')
  const { port, orders } = await server.call('listen', { file: processes.file('messenger.db'), jwtSecret })
  const rooms = await makeOwnRooms({ port, jwtSecret }, layout)
  await server.call(
    'writeTo',
    rooms.map(({ conversationId, writer }) => ({ conversationId, writer })),
  )
  const publishers = [{ kind: 'order', port: orders }] as const
  const audience = { protocol, port, publishers, seats: seatsOf(rooms) }
  return { server, audience, again: async () => audience }
}
