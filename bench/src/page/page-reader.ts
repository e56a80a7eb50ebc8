import { DatabaseSync } from 'node:sqlite'
import { type Page, type PageMessage, pageSize } from './page-of-messages.ts'

interface MessageRow {
  readonly id: string
  readonly sequence: number
  readonly created_at: number
  readonly content: string
  readonly author_id: string
}

interface ReactionRow {
  readonly message_id: string
  readonly emoji: string
  readonly count: number
}

type Author = PageMessage['author']

const setOf = (values: Iterable<string>): string => JSON.stringify([...new Set(values)])

/** Reads the newest page of a conversation by three prepared statements, without a viewer. */
export const openPageReader = (file: string): ((conversationId: string) => Page) => {
  const database = new DatabaseSync(file, { readOnly: true })
  const messages = database.prepare(
    `select id, sequence, created_at, content, author_id from messages
      where conversation_id = ? order by sequence desc limit ${pageSize + 1}`,
  )
  const users = database.prepare(
    `select id, display_name as displayName, avatar_url as avatarUrl from users
      where id in (select value from json_each(?))`,
  )
  const reactions = database.prepare(
    `select message_id, emoji, count from reaction_counts as counted
      where message_id in (select value from json_each(?))
      order by (select min(sequence) from reactions
        where message_id = counted.message_id and emoji = counted.emoji)`,
  )
  return conversationId => {
    const newest = messages.all(conversationId) as unknown as readonly MessageRow[]
    const rows = newest.slice(0, pageSize).reverse()
    const authorRows = users.all(setOf(rows.map(({ author_id }) => author_id))) as unknown as readonly Author[]
    const authors = new Map(authorRows.map(author => [author.id, author]))
    const counted = reactions.all(setOf(rows.map(({ id }) => id))) as unknown as readonly ReactionRow[]
    const byMessage = Map.groupBy(counted, ({ message_id }) => message_id)
    const messageOf = ({ id, sequence, created_at, content, author_id }: MessageRow): PageMessage => ({
      id,
      sequence,
      createdAt: new Date(created_at).toISOString(),
      content: JSON.parse(content) as { text: string },
      author: authors.get(author_id) ?? { id: author_id, displayName: author_id, avatarUrl: null },
      reactions: byMessage.get(id) ?? [],
    })
    const edges = rows.map(row => ({ node: messageOf(row) }))
    return { data: { conversation: { messages: { edges, pageInfo: { hasPreviousPage: newest.length > pageSize } } } } }
  }
}
