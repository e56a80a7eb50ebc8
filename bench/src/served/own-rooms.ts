import type { Seat } from '../load/subscriber.ts'
import { makeRoom } from '../rooms/make-room.ts'
import { tokenFor } from '../rooms/tokens.ts'
import { eachRoom, type Layout } from './layout.ts'

/** Where our server is, and what its tokens are signed with. */
export interface OwnServer {
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
  readonly seats: readonly Seat[]
}

const makeOwnRoom = async ({ port, jwtSecret }: OwnServer, room: number, size: number): Promise<OwnRoom> => {
  const names = Array.from({ length: size }, (_, index) => `reader-${room}-${index}`)
  const writer = `writer-${room}`
  const token = await tokenFor(jwtSecret, writer)
  const conversationId = await makeRoom({ port, token }, names)
  const tokens = await Promise.all(names.map(name => tokenFor(jwtSecret, name)))
  return { port, writer, token, conversationId, seats: tokens.map(each => ({ token: each, conversationId })) }
}

export const makeOwnRooms = (server: OwnServer, layout: Layout): Promise<readonly OwnRoom[]> =>
  Promise.all(eachRoom(layout, room => makeOwnRoom(server, room, layout.size)))

export const seatsOf = (rooms: readonly OwnRoom[]): readonly Seat[] => rooms.flatMap(({ seats }) => seats)
