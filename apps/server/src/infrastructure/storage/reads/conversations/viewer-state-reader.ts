import {
  type ConversationUser,
  type ListedConversation,
  laterMarkers,
  type Markers,
  type Message,
  newViewerState,
  type Unread,
  type UserId,
  type ViewerState,
  type ViewerStateReader,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { conversationKinds } from '../../../tables/conversations/conversations.ts'
import { viewerStates } from '../../../tables/conversations/viewer-states.ts'
import { conversationId, count, nullable, oneOf, sequence, userId } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet, jsonTuples } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { pairText, readInSets } from '../store/read-in-sets.ts'
import { firstUnreadStatements, listedStatement, unreadStatement } from './unread-statements.ts'

/** Markers that the database may not show yet. */
export interface MovedMarkers {
  find(of: ConversationUser): Markers | undefined
}

type Pairs = readonly ConversationUser[]

/** The conversations of which the first unread message is looked for in one statement. */
const scansAtOnce = 50

const textOfPairs = (pairs: Pairs): string => jsonTuples(pairs.map(pair => [pair.conversationId, pair.userId]))

const placeRow = row({
  conversationId,
  userId,
  kind: oneOf(conversationKinds),
  lastSequence: sequence,
  memberCount: count,
  joinedSequence: nullable(sequence),
})

const placesStatement = (compiler: StatementCompiler, dialect: SqlDialect) =>
  compiler.statement<{ pairs: string }>('places of markers')(
    placeRow,
    (_, param) => sql`
      select c.id as "conversationId", wanted.second as "userId", c.kind, c.last_sequence as "lastSequence",
        c.member_count as "memberCount", m.joined_sequence as "joinedSequence"
      from ${dialect.pairTable(param('pairs'))} as wanted
      cross join conversations as c
      left join memberships as m
        on m.conversation_id = c.id and m.user_id = wanted.second and m.left_sequence is null
      where c.id = wanted.first and c.deleted_at is null`,
  )

/** How far markers that are not written yet say that a user has read. */
const readBy = (markers: Markers | undefined): number =>
  markers === undefined ? 0 : Math.max(markers.readSequence, markers.shownReadSequence)

type UnreadPlace = Pick<Unread, 'conversationId' | 'userId' | 'after'>

const placesOf = (unread: readonly UnreadPlace[]): string =>
  jsonTuples(unread.map(({ conversationId, userId, after }) => [conversationId, userId, String(after)]))

/** Unread messages are looked for in pieces, because a user's own and deleted ones may come before them. */
const firstUnreadReading = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const statements = firstUnreadStatements(compiler, dialect)
  return async (session: ReadSession, unread: readonly UnreadPlace[]): Promise<readonly Message[]> => {
    const ids: string[] = []
    for (let wanted = unread; wanted.length > 0; ) {
      const scanned = await session.rows(statements.scan, { places: placesOf(wanted) })
      ids.push(...scanned.flatMap(row => row.messageId ?? []))
      wanted = scanned.flatMap(({ conversationId, userId, messageId, scannedTo }) =>
        messageId !== null || scannedTo === null ? [] : [{ conversationId, userId, after: scannedTo }],
      )
    }
    return ids.length === 0 ? [] : await session.rows(statements.byIds, { ids: jsonSet(ids) })
  }
}

/** Counts of unread messages, for pairs and for all conversations of a user. */
const unreadReading = (compiler: StatementCompiler, dialect: SqlDialect, moved: MovedMarkers) => {
  const statement = unreadStatement(compiler, dialect)
  const listedPiece = listedStatement(compiler, dialect)

  const unread = (session: ReadSession, pairs: Pairs): Promise<readonly Unread[]> => {
    const triples = pairs.map(pair => [pair.conversationId, pair.userId, String(readBy(moved.find(pair)))])
    return session.rows(statement, { places: jsonTuples(triples) })
  }

  /** Markers that are not written yet lower the counts. */
  const withMoved = async (
    session: ReadSession,
    rows: readonly ListedConversation[],
  ): Promise<readonly ListedConversation[]> => {
    const pending = rows.filter(row => !row.isMarkedUnread && readBy(moved.find(row)) > row.after)
    if (pending.length === 0) return rows
    const counts = new Map((await unread(session, pending)).map(row => [row.conversationId, row]))
    return rows.map(row => ({ ...row, ...counts.get(row.conversationId) }))
  }

  const listed = async (session: ReadSession, userId: UserId): Promise<readonly ListedConversation[]> => {
    const all: ListedConversation[] = []
    for (let afterId = ''; ; ) {
      const rows = await session.rows(listedPiece, { userId, afterId, limit: dialect.rowsAtOnce })
      all.push(...(await withMoved(session, rows)))
      const last = rows.at(-1)
      if (last === undefined || rows.length < dialect.rowsAtOnce) return all
      afterId = last.conversationId
    }
  }

  return { unread, listed }
}

export const viewerStateReader = (compiler: StatementCompiler, dialect: SqlDialect, moved: MovedMarkers) => {
  const ofPairs = compiler.statement<{ pairs: string }>('viewer states')(
    viewerStates.row,
    (_, param) => sql`
      select * from viewer_states where (conversation_id, user_id) in ${dialect.tupleSet(param('pairs'), 2)}`,
  )
  const places = placesStatement(compiler, dialect)
  const counts = unreadReading(compiler, dialect, moved)
  const readFirstUnread = firstUnreadReading(compiler, dialect)

  /** Reads the rows first: a marker that is written meanwhile is still among those that moved. */
  const statesOf = async (session: ReadSession, pairs: Pairs): Promise<ReadonlyMap<string, ViewerState>> => {
    const rows = await session.rows(ofPairs, { pairs: textOfPairs(pairs) })
    const states = new Map(rows.map(state => [pairText(state), state]))
    for (const pair of pairs) {
      const markers = moved.find(pair)
      if (markers === undefined) continue
      const key = pairText(pair)
      const state = states.get(key) ?? newViewerState(pair)
      states.set(key, { ...state, ...laterMarkers(state, markers) })
    }
    return states
  }

  return (session: ReadSession): ViewerStateReader => ({
    byPairs: pairs =>
      readInSets(
        session,
        pairs,
        dialect.rowsAtOnce,
        async (inner, set) => [...(await statesOf(inner, set)).values()],
        pairText,
      ),

    places: pairs =>
      readInSets(
        session,
        pairs,
        dialect.rowsAtOnce,
        async (inner, set) => {
          const [rows, states] = await Promise.all([
            inner.rows(places, { pairs: textOfPairs(set) }),
            statesOf(inner, set),
          ])
          return rows.map(({ conversationId, userId, ...place }) => ({
            ...place,
            state: states.get(pairText({ conversationId, userId })) ?? newViewerState({ conversationId, userId }),
          }))
        },
        pairText,
      ),

    unread: pairs => readInSets(session, pairs, dialect.rowsAtOnce, counts.unread, pairText),

    firstUnread: unread => readInSets(session, unread, scansAtOnce, readFirstUnread, pairText),

    listed: userId => session.together(inner => counts.listed(inner, userId)),
  })
}
