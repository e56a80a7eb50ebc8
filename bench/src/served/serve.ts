import type { LoadCalls } from '../load/load-peer.ts'
import type { PublisherOptions } from '../load/sending/publisher.ts'
import type { AudienceOptions } from '../load/subscribers/open-audience.ts'
import type { Protocol } from '../load/subscribers/subscriber.ts'
import type { Selection } from '../load/subscribers/watch-document.ts'
import type { Plan } from '../plan.ts'
import { MessengerServer } from '../processes/messenger-server.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import { eachRoom, type Layout } from './layout.ts'
import { makeOwnRooms, newSeats, type OwnRoom, seatsOf } from './own-rooms.ts'
import { type PeerName, PeerServer } from './peer-server.ts'
import { makeReactedMessage } from './reacted-message.ts'

export type Load = PeerProcess<LoadCalls>

/** The load process that reads from all servers of one part. */
export const startLoad = ({ processes, cpus }: Plan): Load =>
  new PeerProcess<LoadCalls>(processes, new URL('../load/load-peer.ts', import.meta.url), cpus.load)

/** A process that can serve an audience. */
export interface Serving {
  readonly pid: number
  stop(): Promise<void>
  /** Resolves once so many subscriptions are active, for protocols that do not signal it. */
  stand?(subscribers: number): Promise<void>
}

/** A server with its rooms, before the first subscription. */
export interface Served {
  readonly server: Serving
  readonly audience: AudienceOptions
  /** The same audience as if it came for the first time. */
  again(): Promise<AudienceOptions>
}

export interface OwnServed extends Served {
  readonly server: MessengerServer
  readonly rooms: readonly OwnRoom[]
}

const publisherIn = async (room: OwnRoom, selection: Selection): Promise<PublisherOptions> => {
  const { port, token, conversationId } = room
  return selection === 'alike'
    ? { kind: 'send', port, token, conversationId }
    : { kind: 'edit', port, token, messageId: await makeReactedMessage(room) }
}

/** Our server with its rooms, whose subscribers have a user and a connection each. */
export const serveOurs = async (
  { processes, cpus, profileFolder }: Plan,
  protocol: Protocol,
  layout: Layout,
  selection: Selection = 'alike',
): Promise<OwnServed> => {
  const server = await MessengerServer.start(processes, { cpu: cpus.measured, profileFolder })
  const rooms = await makeOwnRooms(server, layout)
  const publishers = await Promise.all(rooms.map(room => publisherIn(room, selection)))
  const audience = { protocol, port: server.port, selection, publishers, seats: seatsOf(rooms) }
  return {
    server,
    rooms,
    audience,
    async again() {
      const seats = await Promise.all(rooms.map(room => newSeats(server, room)))
      return { ...audience, seats: seats.flat() }
    },
  }
}

/** As `serveOurs`, in a process that did not create the rooms, and without publishers. */
export const serveRestarted = async (plan: Plan, protocol: Protocol, layout: Layout): Promise<OwnServed> => {
  const { processes, cpus, profileFolder } = plan
  const made = await serveOurs(plan, protocol, layout)
  await made.server.stop()
  const server = await MessengerServer.start(processes, { cpu: cpus.measured, profileFolder }, made.server)
  const withRestarted = (audience: AudienceOptions): AudienceOptions => ({
    ...audience,
    port: server.port,
    publishers: [],
  })
  return {
    ...made,
    server,
    audience: withRestarted(made.audience),
    again: async () => withRestarted(await made.again()),
  }
}

/** A server that is compared with ours and makes its events on request. */
export const servePeer = async (plan: Plan, name: PeerName, layout: Layout): Promise<Served> => {
  const server = await PeerServer.start(plan, name)
  const { protocol, port, orders } = server
  const rooms = eachRoom(layout, room => ({ token: '', conversationId: `room-${room}` }))
  const seats = rooms.flatMap(seat => Array.from({ length: layout.size }, () => seat))
  const publishers: readonly PublisherOptions[] =
    orders === undefined ? rooms.map(seat => ({ kind: 'send', port, ...seat })) : [{ kind: 'order', port: orders }]
  const audience: AudienceOptions = { protocol, port, publishers, seats }
  return { server, audience, again: async () => audience }
}
