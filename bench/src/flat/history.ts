import { DatabaseSync } from 'node:sqlite'

/** The users who have sent the messages. */
export const authors = ['author-0', 'author-1', 'author-2', 'author-3'] as const
/** Messages in each conversation of a list. */
const messagesInList = 3

const digits = (number: string): string => `printf('%026d', ${number})`
const text = `'{"kind":"text","text":"Message number ' || n || ' of a long conversation.","format":"PLAIN","mentionIds":[],"mentionsEveryone":false}'`

/** Messages and their events, as if they had been sent one after the other. `first` makes their ids unique. */
const messagesInto = (database: DatabaseSync, conversationId: string, count: number, first: number): void => {
  const numbers = `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})`
  const author = `'author-' || (n % ${authors.length})`
  const at = 'c.last_activity_at + n'
  const of = `from numbers cross join conversations as c where c.id = '${conversationId}'`
  database.exec(`
    ${numbers} insert into messages (id, conversation_id, sequence, changed_sequence, author_id, content, created_at,
        version, ordinal, in_timeline, countable, also_in_conversation)
      select 'msg_' || ${digits(`${first} + n`)}, c.id, c.last_sequence + n, c.last_sequence + n, ${author}, ${text}, ${at},
        1, c.message_count + n, 1, 1, 0 ${of};
    ${numbers} insert into events (conversation_id, sequence, type, occurred_at, actor_id, message_id, commit_id)
      select c.id, c.last_sequence + n, 'MessageCreated', ${at}, ${author}, 'msg_' || ${digits(`${first} + n`)}, c.last_commit ${of};
    update conversations set last_sequence = last_sequence + ${count}, message_count = message_count + ${count},
      last_activity_at = last_activity_at + ${count}, active_slot = (last_activity_at + ${count}) / 60000
      where id = '${conversationId}'`)
}

export interface History {
  readonly conversationId: string
  readonly messages: number
}

/** Fills conversations with messages, in a file on which no server runs. */
export const fillHistories = (file: string, histories: readonly History[]): void => {
  using database = new DatabaseSync(file)
  database.exec('pragma synchronous = off; begin')
  let first = 0
  for (const { conversationId, messages } of histories) {
    messagesInto(database, conversationId, messages, first)
    first += messages
  }
  database.exec('commit; analyze; pragma wal_checkpoint(truncate)')
}

export interface ListOf {
  readonly userId: string
  readonly conversations: number
}

/** Gives users conversations with a few unread messages each: copies of a conversation of two members. */
export const fillLists = (file: string, template: string, lists: readonly ListOf[]): void => {
  using database = new DatabaseSync(file)
  database.exec('pragma synchronous = off; begin')
  const columns = (table: string): readonly string[] =>
    database
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map(row => String(row.name))
  const copy = (table: string, changed: Readonly<Record<string, string>>, where: string, numbers: string): void => {
    const names = columns(table)
    const values = names.map(name => changed[name] ?? `t."${name}"`)
    database.exec(`${numbers} insert into ${table} (${names.map(name => `"${name}"`).join(', ')})
      select ${values.join(', ')} from numbers cross join ${table} as t where ${where}`)
  }
  let first = 0
  for (const { userId, conversations } of lists) {
    const numbers = `with recursive numbers(n) as (select ${first} union all select n + 1 from numbers where n < ${first + conversations - 1})`
    const id = `'conv_' || ${digits('n')}`
    const user = `case when t.user_id = 'reader' then '${userId}' else t.user_id end`
    const membership = `'mem_' || ${digits(`2 * n + (t.user_id = 'reader')`)}`
    copy('conversations', { id, last_activity_at: 't.last_activity_at + n * 1000' }, `t.id = '${template}'`, numbers)
    database.exec(`update conversations set active_slot = last_activity_at / 60000 where id like 'conv_0000%'`)
    copy(
      'memberships',
      { id: membership, conversation_id: id, user_id: user },
      `t.conversation_id = '${template}'`,
      numbers,
    )
    copy(
      'messages',
      { id: `'msg_9' || printf('%025d', n * ${messagesInList} + t.ordinal)`, conversation_id: id },
      `t.conversation_id = '${template}' and t.countable = 1`,
      numbers,
    )
    first += conversations
  }
  database.exec('commit; analyze; pragma wal_checkpoint(truncate)')
}

export const listMessages = messagesInList
