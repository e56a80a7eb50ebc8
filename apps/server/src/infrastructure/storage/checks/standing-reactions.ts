import type { ConversationId, MessageId, UserId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import type { SqlDialect } from '../sql-dialect.ts'
import type { SqliteConnection } from '../sqlite-connection.ts'
import { StatementCompiler } from '../statement.ts'
import type { BrokenRow } from './rule.ts'

interface ReactionEvent {
  readonly conversation_id: ConversationId
  readonly message_id: MessageId
  readonly sequence: number
  readonly type: string
  readonly emoji: string
  readonly user_id: UserId
}

const textOf = (key: { readonly emoji: string; readonly user_id: string }): string => `${key.emoji} of ${key.user_id}`

/** The sequence of each reaction that stands after one message's events, in their order. */
const standingAfter = (events: readonly ReactionEvent[]): ReadonlyMap<string, number> => {
  const standing = new Map<string, number>()
  for (const event of events)
    if (event.type === 'ReactionAdded') standing.set(textOf(event), event.sequence)
    else standing.delete(textOf(event))
  return standing
}

function* differences(
  { conversation_id, message_id }: ReactionEvent,
  standing: ReadonlyMap<string, number>,
  stored: ReadonlyMap<string, number>,
): Generator<BrokenRow> {
  for (const [text, sequence] of standing)
    if (stored.get(text) !== sequence)
      yield {
        conversation_id,
        subject: message_id,
        detail: `${text} was added by event ${sequence} and does not stand`,
      }
  for (const [text] of stored)
    if (!standing.has(text))
      yield { conversation_id, subject: message_id, detail: `${text} stands, though the log does not say so` }
}

/** Runs of events about the same message; only one is held at a time. */
function* byMessage(events: Iterable<ReactionEvent>): Generator<readonly [ReactionEvent, ...ReactionEvent[]]> {
  let run: [ReactionEvent, ...ReactionEvent[]] | undefined
  for (const event of events) {
    if (run?.[0].message_id === event.message_id) run.push(event)
    else {
      if (run !== undefined) yield run
      run = [event]
    }
  }
  if (run !== undefined) yield run
}

/** A reaction stands if and only if the newest event of its message, emoji and user added it. */
export function* standingReactions(connection: SqliteConnection, dialect: SqlDialect): Generator<BrokenRow> {
  const compiler = new StatementCompiler(dialect)
  const logged = compiler.statement('reaction events')(
    () => sql<ReactionEvent>`
      select e.conversation_id, e.message_id, e.sequence, e.type, e.emoji, e.user_id
      from ${dialect.byIndex('events', 'reaction_events', 'e')} cross join conversations as c
      where e.emoji is not null and c.id = e.conversation_id and c.deleted_at is null
      order by e.conversation_id, e.message_id, e.sequence`,
  )
  const stored = compiler.statement<{ messageId: MessageId }>('reactions of a message')((db, param) =>
    db.selectFrom('reactions').select(['emoji', 'user_id', 'sequence']).where('message_id', '=', param('messageId')),
  )
  for (const events of byMessage(connection.each(logged, {}))) {
    const rows = connection.rows(stored, { messageId: events[0].message_id })
    yield* differences(events[0], standingAfter(events), new Map(rows.map(row => [textOf(row), row.sequence])))
  }
}
