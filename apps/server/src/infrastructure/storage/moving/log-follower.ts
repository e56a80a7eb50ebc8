import type { MoveSource } from './move-source.ts'
import type { MoveTarget } from './move-target.ts'
import { keyOf, type MovedKey, type MovedRow, type MovedTable } from './moved-tables.ts'
import type { Progress } from './progress.ts'
import { SendingWindow } from './sending-window.ts'

/** The number of events, and of conversations, that are processed at once. */
const atOnce = 2000

const grown = `
  select * from conversations where last_commit > ? and deleted_at is null and id > ? order by id limit ${atOnce}`
const deleted = `select * from conversations where deleted_at is not null and id > ? order by id limit ${atOnce}`
const erasedHistories = `
  select * from conversations where history_generation > 0 and deleted_at is null and id > ? order by id limit ${atOnce}`
// Commit numbers never decrease along a log: the search for the newest event that is old enough begins at its end.
const eventsSince = `
  select * from events where conversation_id = ?1 and sequence > coalesce((
    select sequence from events where conversation_id = ?1 and commit_id <= ?2 order by sequence desc limit 1), 0)
  order by sequence`

/** Tables with rows of a conversation, and the queries for them. */
const contents: readonly (readonly [MovedTable, string])[] = [
  ['messages', 'select * from messages where conversation_id = ?'],
  ...(['message_revisions', 'reactions', 'reaction_counts'] as const).map(
    table =>
      [
        table,
        `select * from ${table} where message_id in (select id from messages where conversation_id = ?)`,
      ] as const,
  ),
  ['mentions', 'select * from mentions where message_id in (select id from messages where conversation_id = ?)'],
  ['threads', 'select * from threads where conversation_id = ?'],
  [
    'thread_states',
    'select * from thread_states where root_id in (select root_id from threads where conversation_id = ?)',
  ],
  ['events', 'select * from events where conversation_id = ?'],
  ['viewer_states', 'select * from viewer_states where conversation_id = ?'],
  ['audit_entries', 'select * from audit_entries where conversation_id = ?'],
]
const memberships = 'select * from memberships where conversation_id = ?'

function* chunks(rows: Iterable<MovedRow>): Generator<readonly MovedRow[]> {
  const chunk: MovedRow[] = []
  for (const row of rows) {
    chunk.push(row)
    if (chunk.length === atOnce) yield chunk.splice(0)
  }
  if (chunk.length > 0) yield chunk
}

/** Without duplicates: several events may be about the same row. */
const distinct = (keys: readonly MovedKey[]): readonly MovedKey[] => [
  ...new Map(keys.map(key => [JSON.stringify(key), key])).values(),
]

/** The values of these columns in rows that have all of them. */
const keysIn = (rows: readonly MovedRow[], columns: Readonly<Record<string, string>>): readonly MovedKey[] =>
  distinct(
    rows.flatMap(row => {
      const entries = Object.entries(columns).map(([column, from]) => [column, row[from] ?? null] as const)
      return entries.some(([, value]) => value === null) ? [] : [Object.fromEntries(entries)]
    }),
  )

/**
 * Copies the changes between two snapshots of the source by the log: each event names the rows that changed with it. The log of a
 * deleted conversation may be erased already, so those conversations are copied again. Revisions of erased histories are not moved.
 */
export class LogFollower {
  readonly #source: MoveSource
  readonly #target: MoveTarget
  readonly #progress: Progress

  constructor(source: MoveSource, target: MoveTarget, progress: Progress) {
    this.#source = source
    this.#target = target
    this.#progress = progress
  }

  /** Call it within one snapshot of the source. It is idempotent, also after it was interrupted. */
  async follow(since: number): Promise<void> {
    for (let after = ''; ; ) {
      const conversations = this.#source.rows(grown, [since, after])
      const last = conversations.at(-1)
      if (last === undefined) break
      await this.#followLogs(conversations, since)
      after = String(last.id)
    }
    await this.#eraseHistories()
    await this.#writeDeleted()
    this.#progress.tableDone('events and their rows')
  }

  async #followLogs(conversations: readonly MovedRow[], since: number): Promise<void> {
    const events = function* (source: MoveSource): Generator<MovedRow> {
      for (const { id } of conversations) yield* source.each(eventsSince, [id ?? null, since])
    }
    const window = new SendingWindow(4)
    await window.add(this.#target.write('conversations', conversations))
    for (const chunk of chunks(events(this.#source))) await window.add(this.#writeChunk(chunk))
    await window.settled()
    this.#progress.moved('conversations', conversations.length)
  }

  /** Sends all statements before it waits for one, so that their order is that of the chunks. */
  async #writeChunk(events: readonly MovedRow[]): Promise<void> {
    const messages = keysIn(events, { id: 'message_id' })
    const reacted = events.filter(event => event.emoji !== null)
    const revised = events.filter(event => event.type === 'MessageUpdated' || event.type === 'MessageDeleted')
    const written = events.filter(event => event.message_id !== null && event.emoji === null)
    const posted = events.filter(event => event.type === 'MessageCreated')
    // Deleting a message removes its reactions without events.
    const deleted = keysIn(
      events.filter(event => event.type === 'MessageDeleted'),
      { message_id: 'message_id' },
    )
    this.#progress.moved('events', events.length)
    await Promise.all([
      this.#target.write('events', events),
      this.#write('messages', ['id'], messages),
      this.#replace('mentions', keysIn(written, { message_id: 'message_id' })),
      this.#write('threads', ['root_id'], keysIn(events, { root_id: 'thread_root_id' })),
      this.#write('message_revisions', ['message_id'], keysIn(revised, { message_id: 'message_id' })),
      this.#replace('reactions', keysIn(reacted, { message_id: 'message_id', user_id: 'user_id', emoji: 'emoji' })),
      this.#replace('reaction_counts', keysIn(reacted, { message_id: 'message_id', emoji: 'emoji' })),
      this.#target.remove('reactions', ['message_id'], deleted),
      this.#target.remove('reaction_counts', ['message_id'], deleted),
      this.#write('memberships', ['id'], keysIn(events, { id: 'membership_id' })),
      // The membership of an author holds the time of their last message.
      this.#write(
        'memberships',
        ['conversation_id', 'user_id'],
        keysIn(posted, { conversation_id: 'conversation_id', user_id: 'actor_id' }),
      ),
    ])
  }

  #write(table: MovedTable, columns: readonly string[], keys: readonly MovedKey[]): Promise<void> {
    const rows = this.#source.rowsOf(table, columns, keys)
    this.#progress.moved(table, rows.length)
    return this.#target.write(table, rows)
  }

  /** Also removes the rows that no longer exist. */
  async #replace(table: 'reactions' | 'reaction_counts' | 'mentions', keys: readonly MovedKey[]): Promise<void> {
    const columns = Object.keys(keys[0] ?? {})
    await Promise.all([this.#target.remove(table, columns, keys), this.#write(table, columns, keys)])
  }

  /** Histories are erased in the background, without events. */
  async #eraseHistories(): Promise<void> {
    for (let after = ''; ; ) {
      const page = this.#source.rows(erasedHistories, [after])
      const last = page.at(-1)
      if (last === undefined) return
      await this.#target.eraseHistories(page)
      await this.#target.write('conversations', page)
      after = String(last.id)
    }
  }

  async #writeDeleted(): Promise<void> {
    for (let after = ''; ; ) {
      const page = this.#source.rows(deleted, [after])
      const last = page.at(-1)
      if (last === undefined) return
      const erased = await this.#target.erased(page.map(row => String(row.id)))
      const changed = page.filter(row => row.purged !== 1 || !erased.has(String(row.id)))
      if (changed.length > 0) await this.#rewrite(changed)
      after = String(last.id)
    }
  }

  /** The conversation rows are written last: they mark that the other rows were written. */
  async #rewrite(conversations: readonly MovedRow[]): Promise<void> {
    const ids = conversations.map(row => ({ conversation_id: row.id ?? null }))
    for (const [table] of contents) await this.#target.remove(table, ['conversation_id'], ids)
    for (const row of conversations) {
      const { id = null } = keyOf('conversations', row)
      for (const [table, sql] of [...contents, ['memberships', memberships] as const])
        for (const chunk of chunks(this.#source.each(sql, [id]))) {
          await this.#target.write(table, chunk)
          this.#progress.moved(table, chunk.length)
        }
    }
    await this.#target.write('conversations', conversations)
  }
}
