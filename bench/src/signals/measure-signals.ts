import { randomBytes } from 'node:crypto'
import { besideBare, type Entry } from '../fan-out/beside-bare.ts'
import { type Figures, together } from '../figures.ts'
import type { Protocol } from '../load/subscribers/subscriber.ts'
import type { OwnServerCalls } from '../peers/own-server-peer.ts'
import type { Plan } from '../plan.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import { oneRoom } from '../served/layout.ts'
import { makeOwnRooms, newSeats, onlyRoom, seatsOf } from '../served/own-rooms.ts'
import { type Load, type Served, startLoad } from '../served/serve.ts'

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

/** Members of a conversation whose markers are sent, and the devices of each but the writer. */
const maxMembers = 100
const devices = 10

/** The same, in which members read one message after the other on ten devices each. */
const serveMarkers = async (plan: Plan, protocol: Protocol, members: number): Promise<Served> => {
  const { processes, cpus } = plan
  const server = new PeerProcess<OwnServerCalls>(processes, program, cpus.measured)
  const jwtSecret = randomBytes(32).toString('hex')
  const { port, orders } = await server.call('listen', { file: processes.file('messenger.db'), jwtSecret })
  const room = onlyRoom(await makeOwnRooms({ port, jwtSecret }, oneRoom(members - 1)))
  const { conversationId, writer, readers } = room
  await server.call('readIn', { conversationId, writer, readers })
  const seats = await Promise.all(Array.from({ length: devices }, () => newSeats({ port, jwtSecret }, room)))
  const publishers = [{ kind: 'order', port: orders }] as const
  const selection = 'markers' as const
  const audience = { protocol, port, publishers, selection, seats: seats.flat(), present: members }
  return { server, audience, again: async () => audience }
}

const signalProtocols = ['messenger.v1', 'graphql-transport-ws'] as const

const measureMarkers = (plan: Plan, load: Load): Promise<Figures> => {
  const members = Math.min(maxMembers, plan.usual)
  const entries = signalProtocols.map(
    (protocol): Entry => ({
      name: `${protocol}, markers`,
      inFlight: [1, 4],
      serve: () => serveMarkers(plan, protocol, members),
    }),
  )
  return besideBare(plan, load, oneRoom((members - 1) * devices), entries)
}

/**
 * CPU time for each delivery of a signal that a user types, the command that sets it included, compared with writing one prepared
 * frame of the same length to as many sockets.
 */
export const measureSignals = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const entries = signalProtocols.map(
    (protocol): Entry => ({ name: `${protocol}, typing`, inFlight: [1, 4], serve: () => serveTyping(plan, protocol) }),
  )
  const typing = await besideBare(plan, load, oneRoom(plan.usual), entries)
  const figures = together([typing, await measureMarkers(plan, load)])
  await load.stop()
  return figures
}
