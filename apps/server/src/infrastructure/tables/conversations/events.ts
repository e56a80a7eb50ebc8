import { type EventBody, type EventType, eventTypes, type LogEvent } from '@cpc-messenger/messenger'
import {
  conversationId,
  instant,
  membershipId,
  messageId,
  nullable,
  oneOf,
  sequence,
  text,
  userId,
  type ValueOf,
} from '../definition/codec.ts'
import { mapRow } from '../definition/row.ts'
import { hasShape, isOneKind, type TypeGuard } from '../definition/shape.ts'
import { columnOf, defineTable, kept, type StoredRow, type Table } from '../definition/table.ts'
import { leaveReason } from './memberships.ts'

type BodyAmong<Body, Type> = Body extends { readonly type: infer Types }
  ? Type extends Types
    ? Omit<Body, 'type'>
    : never
  : never
type BodyOf<Type extends EventType> = BodyAmong<EventBody, Type>
type BodyProperty = { [Type in EventType]: keyof BodyOf<Type> }[EventType]

/** The properties in the body of an event of each type. */
const bodies = {
  MessageCreated: ['messageId'],
  MessageUpdated: ['messageId'],
  MessageDeleted: ['messageId'],
  ReactionAdded: ['messageId', 'emoji', 'userId', 'reactedAt'],
  ReactionRemoved: ['messageId', 'emoji', 'userId', 'reactedAt'],
  ConversationUpdated: [],
  ConversationDeleted: [],
  MemberJoined: ['membershipId', 'userId'],
  MemberUpdated: ['membershipId', 'userId'],
  MemberLeft: ['membershipId', 'userId', 'reason'],
} as const satisfies { readonly [Type in EventType]: readonly (keyof BodyOf<Type>)[] }

type Missing = { [Type in EventType]: Exclude<keyof BodyOf<Type>, (typeof bodies)[Type][number]> }[EventType]
/** A property that is missing in the table above does not compile. */
type Complete = [Missing] extends [never] ? unknown : never

/** The columns of an event of each type, in addition to those of all events. */
export const columnsOfEvents: ReadonlyMap<EventType, readonly string[]> = new Map(
  eventTypes.map(type => [type, (bodies satisfies Complete)[type].map(columnOf)]),
)

const bodyCodecs = { messageId, membershipId, userId, emoji: text, reactedAt: instant, reason: leaveReason }
type BodyCodecs = typeof bodyCodecs

const stem = {
  conversationId: kept(conversationId),
  sequence: kept(sequence),
  type: kept(oneOf(eventTypes)),
  occurredAt: kept(instant),
  actorId: kept(nullable(userId)),
  threadRootId: kept(nullable(messageId)),
}

/** An event as one row: the properties of all bodies, of which each event has some. */
type FlatEvent = Pick<LogEvent, 'conversationId' | 'sequence' | 'type' | 'occurredAt' | 'actorId' | 'threadRootId'> & {
  readonly [Property in BodyProperty]?: ValueOf<BodyCodecs[Property]> | null
}

type WithCommit = { readonly commitId: number }

const flat = defineTable<FlatEvent, FlatEvent & WithCommit>()('events', {
  fields: {
    ...stem,
    messageId: kept(nullable(messageId)),
    membershipId: kept(nullable(membershipId)),
    userId: kept(nullable(userId)),
    emoji: kept(nullable(text)),
    reactedAt: kept(nullable(instant)),
    reason: kept(nullable(leaveReason)),
  },
  /** The number of its commit. It never decreases along a log. */
  added: { commitId: kept({ of: ({ commitId }) => commitId }) },
})

const parseEvent = (row: FlatEvent): LogEvent => {
  const { conversationId: of, sequence: number, type, occurredAt, actorId, threadRootId } = row
  const event: Record<string, unknown> = {
    type,
    conversationId: of,
    sequence: number,
    occurredAt,
    actorId,
    threadRootId,
  }
  for (const property of bodies[type]) {
    const value = row[property]
    if (value == null) throw new TypeError(`event ${number} of ${of} has no ${property}`)
    event[property] = value
  }
  return event as LogEvent
}

const shapeOf = (type: EventType): TypeGuard<LogEvent> => {
  const codecs = { ...stem, ...Object.fromEntries(bodies[type].map(property => [property, bodyCodecs[property]])) }
  return hasShape<LogEvent>(
    Object.fromEntries(Object.entries(codecs).map(([property, { is }]) => [property, is])) as never,
  )
}

type EventRow = StoredRow<typeof flat>

export const events: Table<LogEvent, LogEvent & WithCommit, EventRow> = {
  ...flat,
  // Events never change.
  key: ['conversation_id', 'sequence'],
  row: mapRow(flat.row, parseEvent),
  is: isOneKind<LogEvent>('type', Object.fromEntries(eventTypes.map(type => [type, shapeOf(type)]))),
}
