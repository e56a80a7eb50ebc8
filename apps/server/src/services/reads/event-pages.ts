import type { EventRows, LogEvent, LogPage, LogPageRequest, Message, StoreReader } from '@cpc-messenger/messenger'

/** Events that are read at first; as many again with each further read, while their messages are short. */
const firstRead = 100
/** The maximum JSON bytes of the messages in a page, so that the rest of an answer has space too. */
const pageBytes = 5 * 1024 * 1024

const bytesOf = ({ content, metadata }: Message): number =>
  (content.kind === 'text' ? Buffer.byteLength(JSON.stringify(content.text)) : 0) +
  (metadata === null ? 0 : Buffer.byteLength(JSON.stringify(metadata)))

const joined = (one: EventRows, other: EventRows): EventRows => ({
  messages: [...one.messages, ...other.messages],
  memberships: [...one.memberships, ...other.memberships],
  conversations: other.conversations.length > 0 ? other.conversations : one.conversations,
})

/** How many of the events fit into `bytes`. A message counts once for each of its events. */
const countWithin = ({ events, rows }: LogPage, bytes: number): { readonly count: number; readonly bytes: number } => {
  const sizes = new Map(rows.messages.map(message => [message.id, bytesOf(message)]))
  let left = bytes
  for (const [count, event] of events.entries()) {
    left -= 'messageId' in event ? (sizes.get(event.messageId) ?? 0) : 0
    if (left < 0) return { count, bytes: 0 }
  }
  return { count: events.length, bytes: left }
}

/** A page of a log, oldest first. With long messages it has fewer than `limit` events, but at least one. */
export const readEvents = async (
  reader: StoreReader,
  { conversationId, after, limit }: Pick<LogPageRequest, 'conversationId' | 'after' | 'limit'>,
): Promise<Pick<LogPage, 'events' | 'rows' | 'head'>> => {
  const events: LogEvent[] = []
  let rows: EventRows = { messages: [], memberships: [], conversations: [] }
  let bytes = pageBytes
  let size = Math.min(firstRead, limit)
  for (;;) {
    const page = await reader.log.page({ conversationId, after: events.at(-1)?.sequence ?? after, limit: size })
    const within = countWithin(page, bytes)
    events.push(...page.events.slice(0, events.length === 0 ? Math.max(within.count, 1) : within.count))
    rows = joined(rows, page.rows)
    bytes = within.bytes
    const average = (pageBytes - bytes) / events.length
    if (within.count < size || events.length >= limit || bytes < average) return { events, rows, head: page.head }
    size = Math.min(2 * size, limit - events.length, Math.floor(bytes / average))
  }
}
