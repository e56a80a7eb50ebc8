import { setImmediate as turn } from 'node:timers/promises'
import { type MarkerMove, newViewerState, type ThreadMove } from '@cpc-messenger/messenger'
import { type RawBuilder, sql } from 'kysely'
import { viewerStates } from '../../tables/conversations/viewer-states.ts'
import type { SqlEngine } from '../statements/engine.ts'
import type { RowsStatement, StatementCompiler } from '../statements/statement.ts'

/** The markers that one transaction writes: some milliseconds of SQLite. */
const movesAtOnce = 250

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

const threadStatement = (compiler: StatementCompiler): RowsStatement<ThreadMove> =>
  compiler.rowsStatement(
    'move markers of threads',
    'thread_states',
    [
      { name: 'root_id', onConflict: 'key', write: ({ rootId }: ThreadMove) => rootId },
      { name: 'user_id', onConflict: 'key', write: ({ userId }: ThreadMove) => userId },
      { name: 'read_sequence', onConflict: 'greatest', write: ({ readSequence }: ThreadMove) => readSequence },
    ],
    given => sql`
      with moved(root_id, user_id, read_sequence) as (${given})
      update thread_states set read_sequence = moved.read_sequence from moved
      where thread_states.root_id = moved.root_id and thread_states.user_id = moved.user_id
        and moved.read_sequence > thread_states.read_sequence`,
  )

interface Written<Move> {
  readonly statement: RowsStatement<Move>
  readonly moves: readonly Move[]
  /** Called after each piece. */
  readonly written?: (moves: readonly Move[]) => void
}

/** Writes markers in pieces, each in a transaction of its own that locks no conversation. */
const writeInPieces = async <Move>(
  engine: Pick<SqlEngine, 'begin'>,
  { statement, moves, written }: Written<Move>,
): Promise<void> => {
  for (let start = 0; start < moves.length; start += movesAtOnce) {
    const piece = moves.slice(start, start + movesAtOnce)
    await using transaction = await engine.begin()
    await transaction.commit([transaction.runEach(statement, piece)])
    written?.(piece)
    // SQLite writes within one tick of the event loop.
    await turn()
  }
}

export const markerWriting = (compiler: StatementCompiler, engine: Pick<SqlEngine, 'begin'>) => {
  const move = moveStatement(compiler, 'move markers', false)
  const read = moveStatement(compiler, 'move markers and end what was marked unread', true)
  const thread = threadStatement(compiler)
  return {
    move: (moves: readonly MarkerMove[], written: (moves: readonly MarkerMove[]) => void) =>
      writeInPieces(engine, { statement: move, moves, written }),
    /** The conversations are not marked unread any more. */
    read: (moves: readonly MarkerMove[]) => writeInPieces(engine, { statement: read, moves }),
    readThreads: (moves: readonly ThreadMove[]) => writeInPieces(engine, { statement: thread, moves }),
  }
}
