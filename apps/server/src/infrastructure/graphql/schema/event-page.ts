import { RowCache } from '../../../delivery/row-cache.ts'
import type { DeliveredEvent } from '../../../delivery/stream-item.ts'
import type { EventPage } from '../../../services/reading.ts'
import { builder } from './builder.ts'
import { ConversationEventInterface } from './object-refs.ts'

/** The page's events, each with its row. */
const delivered = ({ events, rows }: EventPage): readonly DeliveredEvent[] => {
  const cache = new RowCache()
  cache.put(rows, events.at(-1)?.sequence ?? 0)
  return events.map(event => cache.resolve(event) ?? { event })
}

export const ConversationEventPageObject = builder.objectType(builder.objectRef<EventPage>('ConversationEventPage'), {
  description: 'A part of a log.',
  fields: t => ({
    events: t.field({
      type: [ConversationEventInterface],
      description: 'In the order of their sequences.',
      resolve: page => delivered(page),
    }),
    hasMore: t.exposeBoolean('hasMore', { description: 'There are more events after the last one here.' }),
  }),
})
