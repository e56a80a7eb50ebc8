import type { Seat } from '../load/subscribers/subscriber.ts'
import { makeRoom } from '../rooms/make-room.ts'
import { tokenFor } from '../rooms/tokens.ts'
import { eachRoom, type Layout } from './layout.ts'

/** The address of our server, and the secret that signs its tokens. */
interface OwnServer {
  readonly port: number
  readonly jwtSecret: string
}

/** A conversation of our server: who owns it writes, its other members subscribe. */
export interface OwnRoom {
  readonly port: number
  /** Who owns it. */
  readonly writer: string
  readonly token: string
  readonly conversationId: string
  readonly readers: readonly string[]
  readonly seats: readonly Seat[]
}

/** Every reader with a new token. */
export const newSeats = (
  { jwtSecret }: OwnServer,
  { conversationId, readers }: Pick<OwnRoom, 'conversationId' | 'readers'>,
): Promise<readonly Seat[]> =>
  Promise.all(readers.map(async name => ({ token: await tokenFor(jwtSecret, name), conversationId })))

const makeOwnRoom = async (server: OwnServer, room: number, size: number): Promise<OwnRoom> => {
  const { port, jwtSecret } = server
  const writer = `writer-${room}`
  const token = await tokenFor(jwtSecret, writer)
  const readers = Array.from({ length: size }, (_, index) => `reader-${room}-${index}`)
  const conversationId = await makeRoom({ port, token }, readers)
  const seats = await newSeats(server, { conversationId, readers })
  return { port, writer, token, conversationId, readers, seats }
}

export const makeOwnRooms = (server: OwnServer, layout: Layout): Promise<readonly OwnRoom[]> =>
  Promise.all(eachRoom(layout, room => makeOwnRoom(server, room, layout.size)))

/** The first room of a layout that has one. */
export const onlyRoom = (rooms: readonly OwnRoom[]): OwnRoom => {
  const [room] = rooms
  if (room === undefined) throw new RangeError('there is no room')
  return room
}

export const seatsOf = (rooms: readonly OwnRoom[]): readonly Seat[] => rooms.flatMap(({ seats }) => seats)
