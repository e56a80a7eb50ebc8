import { randomBytes } from 'node:crypto'
import { besideBare, type Entry } from '../fan-out/beside-bare.ts'
import type { Figures } from '../figures.ts'
import type { Protocol } from '../load/subscribers/subscriber.ts'
import type { OwnServerCalls } from '../peers/own-server-peer.ts'
import type { Plan } from '../plan.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import { oneRoom } from '../served/layout.ts'
import { makeOwnRooms, onlyRoom, seatsOf } from '../served/own-rooms.ts'
import { type Served, startLoad } from '../served/serve.ts'

const program = new URL('../peers/own-server-peer.ts', import.meta.url)

/** Our whole server in a process of the bench, in which a user begins and stops to type in threads of one room. */
const serveTyping = async (plan: Plan, protocol: Protocol): Promise<Served> => {
  const { processes, cpus, usual } = plan
  const server = new PeerProcess<OwnServerCalls>(processes, program, cpus.measured)
  const jwtSecret = randomBytes(32).toString('hex')
  const { port, orders } = await server.call('listen', { file: processes.file('messenger.db'), jwtSecret })
  const rooms = await makeOwnRooms({ port, jwtSecret }, oneRoom(usual))
  const { conversationId, writer } = onlyRoom(rooms)
  await server.call('typeIn', { conversationId, writer })
  const publishers = [{ kind: 'order', port: orders }] as const
  const audience = { protocol, port, publishers, selection: 'typing' as const, seats: seatsOf(rooms) }
  return { server, audience, again: async () => audience }
}

/**
 * CPU time for each delivery of a signal that a user types, the command that sets it included, compared with writing one prepared
 * frame of the same length to as many sockets.
 */
export const measureSignals = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const entries = (['messenger.v1', 'graphql-transport-ws'] as const).map(
    (protocol): Entry => ({ name: `${protocol}, typing`, inFlight: [1, 4], serve: () => serveTyping(plan, protocol) }),
  )
  const figures = await besideBare(plan, load, oneRoom(plan.usual), entries)
  await load.stop()
  return figures
}
