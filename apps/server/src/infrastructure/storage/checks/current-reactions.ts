import { sql } from 'kysely'
import { number, text } from '../../tables/definition/codec.ts'
import { type RowOf, row } from '../../tables/definition/row.ts'
import { jsonSet } from '../statements/json-set.ts'
import { StatementCompiler } from '../statements/statement.ts'
import type { CheckSession } from './check-session.ts'
import type { BrokenRow } from './rule.ts'

const reactionEvent = row({
  conversation_id: text,
  message_id: text,
  sequence: number,
  type: text,
  emoji: text,
  user_id: text,
})
type ReactionEvent = RowOf<typeof reactionEvent>

const storedReaction = row({ message_id: text, emoji: text, user_id: text, sequence: number })

type EventsOfMessage = readonly [ReactionEvent, ...ReactionEvent[]]

/** The number of messages whose reactions are read at once. */
const messagesAtOnce = 500

const textOf = (key: { readonly emoji: string; readonly user_id: string }): string => `${key.emoji} of ${key.user_id}`

/** The sequence of each reaction that exists after the events of one message, which are in order. */
const currentAfter = (events: readonly ReactionEvent[]): ReadonlyMap<string, number> => {
  const current = new Map<string, number>()
  for (const event of events)
    if (event.type === 'ReactionAdded') current.set(textOf(event), event.sequence)
    else current.delete(textOf(event))
  return current
}

function* differences(
  { conversation_id, message_id }: ReactionEvent,
  current: ReadonlyMap<string, number>,
  stored: ReadonlyMap<string, number>,
): Generator<BrokenRow> {
  for (const [text, sequence] of current)
    if (stored.get(text) !== sequence)
      yield {
        conversation_id,
        subject: message_id,
        detail: `${text} was added by event ${sequence} and is not stored`,
      }
  for (const [text] of stored)
    if (!current.has(text))
      yield { conversation_id, subject: message_id, detail: `${text} is stored, but was not added by the log` }
}

/** Groups of consecutive events about the same message, a bounded number at a time. */
async function* byMessage(pages: AsyncIterable<readonly ReactionEvent[]>): AsyncGenerator<readonly EventsOfMessage[]> {
  const runs: [ReactionEvent, ...ReactionEvent[]][] = []
  for await (const events of pages) {
    for (const event of events) {
      const run = runs.at(-1)
      if (run?.[0].message_id === event.message_id) run.push(event)
      else {
        if (runs.length === messagesAtOnce) yield runs.splice(0)
        runs.push([event])
      }
    }
  }
  yield runs
}

/** A reaction to an undeleted message is stored if and only if the newest event of its message, emoji and user added it. */
export async function* currentReactions(session: CheckSession): AsyncGenerator<BrokenRow> {
  const { dialect } = session
  const compiler = new StatementCompiler(dialect)
  const logged = compiler.statement('reaction events')(
    reactionEvent,
    () => sql`
      select e.conversation_id, e.message_id, e.sequence, e.type, e.emoji, e.user_id
      from ${dialect.byIndex('events', 'reaction_events', 'e')} cross join conversations as c
        left join messages as m on m.id = e.message_id
      where e.emoji is not null and c.id = e.conversation_id and c.deleted_at is null and m.deleted_at is null
      order by e.conversation_id, e.message_id, e.sequence`,
  )
  const stored = compiler.statement<{ ids: string }>('reactions of messages')(storedReaction, (db, param) =>
    db
      .selectFrom('reactions')
      .select(['message_id', 'emoji', 'user_id', 'sequence'])
      .where(dialect.among('message_id', param('ids'))),
  )
  for await (const runs of byMessage(session.pages(logged.row, logged.sql))) {
    const rows = await session.rows(stored, { ids: jsonSet(runs.map(([{ message_id }]) => message_id)) })
    const ofMessages = Map.groupBy(rows, reaction => reaction.message_id)
    for (const events of runs) {
      const current = ofMessages.get(events[0].message_id) ?? []
      yield* differences(events[0], currentAfter(events), new Map(current.map(row => [textOf(row), row.sequence])))
    }
  }
}
