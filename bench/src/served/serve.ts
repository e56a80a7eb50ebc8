import type { LoadCalls } from '../load/load-peer.ts'
import type { PublisherOptions } from '../load/publisher.ts'
import type { Protocol } from '../load/subscriber.ts'
import type { Selection } from '../load/watch-document.ts'
import type { Plan } from '../plan.ts'
import { MessengerServer } from '../processes/messenger-server.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import { eachRoom, type Layout } from './layout.ts'
import { makeOwnRooms, type OwnRoom, seatsOf } from './own-rooms.ts'
import { type PeerName, PeerServer } from './peer-server.ts'
import { makeReactedMessage } from './reacted-message.ts'
import { ServedAudience } from './served-audience.ts'

export type Load = PeerProcess<LoadCalls>

/** The process that reads what all servers of one part send. */
export const startLoad = ({ processes, cpus }: Plan): Load =>
  new PeerProcess<LoadCalls>(processes, new URL('../load/load-peer.ts', import.meta.url), cpus.load)

const publisherIn = async (room: OwnRoom, selection: Selection): Promise<PublisherOptions> => {
  const { port, token, conversationId } = room
  return selection === 'alike'
    ? { kind: 'send', port, token, conversationId }
    : { kind: 'edit', port, token, messageId: await makeReactedMessage(room) }
}

/** Our server with its rooms, whose subscribers have a user and a connection each. */
export const serveOurs = async (
  plan: Plan,
  load: Load,
  protocol: Protocol,
  layout: Layout,
  selection: Selection = 'alike',
): Promise<ServedAudience> => {
  const { processes, cpus, profileFolder } = plan
  const server = await MessengerServer.start(processes, { cpu: cpus.measured, profileFolder })
  const rooms = await makeOwnRooms(server, layout)
  const publishers = await Promise.all(rooms.map(room => publisherIn(room, selection)))
  const { port } = server
  return ServedAudience.gather(server, load, { protocol, port, selection, publishers, seats: seatsOf(rooms) })
}

/** A server of those beside ours, that makes its events when it is told to. */
export const servePeer = async (plan: Plan, load: Load, name: PeerName, layout: Layout): Promise<ServedAudience> => {
  const server = await PeerServer.start(plan, name)
  const rooms = eachRoom(layout, room => `room-${room}`)
  const audience = await ServedAudience.gather(server, load, {
    protocol: server.protocol,
    port: server.port,
    publishers: [{ kind: 'order', port: server.orders }],
    seats: rooms.flatMap(room => Array.from({ length: layout.size }, () => ({ token: '', conversationId: room }))),
  })
  await server.stand(audience.subscribers)
  return audience
}
