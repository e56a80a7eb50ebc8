import {
  type ConversationUser,
  laterMarkers,
  type Markers,
  newViewerState,
  type ViewerState,
  type ViewerStateReader,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { conversationId, count, nullable, oneOf, sequence, userId } from '../../tables/codec.ts'
import { conversationKinds } from '../../tables/conversations.ts'
import { row } from '../../tables/row.ts'
import { viewerStates } from '../../tables/viewer-states.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { ReadSession } from '../statements/engine.ts'
import { jsonTuples } from '../statements/json-set.ts'
import type { StatementCompiler } from '../statements/statement.ts'
import { pairText, readInSets } from './read-in-sets.ts'

/** Markers that the database may not show yet. */
export interface MovedMarkers {
  find(of: ConversationUser): Markers | undefined
}

type Pairs = readonly ConversationUser[]

export const textOfPairs = (pairs: Pairs): string => jsonTuples(pairs.map(pair => [pair.conversationId, pair.userId]))

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

export const viewerStateReader = (compiler: StatementCompiler, dialect: SqlDialect, moved: MovedMarkers) => {
  const ofPairs = compiler.statement<{ pairs: string }>('viewer states')(
    viewerStates.row,
    (_, param) => sql`
      select * from viewer_states where (conversation_id, user_id) in ${dialect.tupleSet(param('pairs'), 2)}`,
  )
  const places = placesStatement(compiler, dialect)

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
  })
}
