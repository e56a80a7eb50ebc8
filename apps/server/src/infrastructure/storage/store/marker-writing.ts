import { type MarkerMove, newViewerState } from '@cpc-messenger/messenger'
import { type RawBuilder, sql } from 'kysely'
import { viewerStates } from '../../tables/viewer-states.ts'
import type { SqlEngine } from '../statements/engine.ts'
import type { RowsStatement, StatementCompiler } from '../statements/statement.ts'

/** The markers that one transaction writes: a few milliseconds of SQLite. */
const movesAtOnce = 500

const markers = ['read_sequence', 'delivered_sequence', 'shown_read_sequence', 'shown_delivered_sequence'] as const

const columns = sql.join(viewerStates.columns.map(({ name }) => sql.ref(name)))

/** No marker is beyond the end of its log: after a restore the log may be shorter than when the marker was moved. */
const bounded = (column: string): RawBuilder<unknown> => {
  const given = sql.ref(`moved.${column}`)
  return sql`case when ${given} > c.last_sequence then c.last_sequence else ${given} end`
}

const isMarker = (column: string): boolean => markers.some(marker => marker === column)

const greater = (column: string): RawBuilder<unknown> =>
  sql`${sql.ref(`excluded.${column}`)} > ${sql.ref(`viewer_states.${column}`)}`

const raised = (column: string): RawBuilder<unknown> => {
  const stored = sql.ref(`viewer_states.${column}`)
  return sql`${sql.ref(column)} = case when ${greater(column)} then ${sql.ref(`excluded.${column}`)} else ${stored} end`
}

const moveStatement = (compiler: StatementCompiler, name: string, ends: boolean): RowsStatement<MarkerMove> => {
  const statement = compiler.rowsStatement(name, 'viewer_states', viewerStates.columns, given => {
    const selected = viewerStates.columns.map(column =>
      isMarker(column.name) ? bounded(column.name) : sql.ref(`moved.${column.name}`),
    )
    const changes = [...markers.map(raised), ...(ends ? [sql`marked_unread_from = null`] : [])]
    const isChanged = [...markers.map(greater), ...(ends ? [sql`viewer_states.marked_unread_from is not null`] : [])]
    return sql`
      with moved(${columns}) as (${given})
      insert into viewer_states (${columns})
      select ${sql.join(selected)} from moved cross join conversations as c
      where c.id = moved.conversation_id and c.deleted_at is null
      order by moved.conversation_id, moved.user_id
      on conflict (conversation_id, user_id) do update set ${sql.join(changes)} where ${sql.join(isChanged, sql` or `)}`
  })
  return { ...statement, runs: moves => statement.runs(moves.map(move => ({ ...newViewerState(move), ...move }))) }
}

/** Writes markers in pieces, each in a transaction of its own that locks no conversation. */
export const markerWriting = (compiler: StatementCompiler) => {
  const move = moveStatement(compiler, 'move markers', false)
  const read = moveStatement(compiler, 'move markers and end what was marked unread', true)

  /** `ends`: the conversations are not marked unread any more. Calls `written` after each piece. */
  return async (
    engine: Pick<SqlEngine, 'begin'>,
    moves: readonly MarkerMove[],
    { ends, written }: { readonly ends: boolean; readonly written?: (moves: readonly MarkerMove[]) => void },
  ): Promise<void> => {
    for (let start = 0; start < moves.length; start += movesAtOnce) {
      const piece = moves.slice(start, start + movesAtOnce)
      await using transaction = await engine.begin()
      await transaction.commit([transaction.runEach(ends ? read : move, piece)])
      written?.(piece)
    }
  }
}
