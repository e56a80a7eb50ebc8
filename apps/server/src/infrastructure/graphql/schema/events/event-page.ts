import type { DeliveredEvent } from '../../../../delivery/log/stream-item.ts'
import type { EventPage } from '../../../../services/reads/viewer-reads.ts'
import { builder } from '../root/builder.ts'
import { ConversationEventInterface } from '../root/object-refs.ts'

/** The page's events, each with its row. */
const delivered = ({ events, rows }: EventPage): readonly DeliveredEvent[] => {
  const messages = new Map(rows.messages.map(row => [row.id, row]))
  const memberships = new Map(rows.memberships.map(row => [row.id, row]))
  const [conversation] = rows.conversations
  return events.map(event => {
    const message = 'messageId' in event ? messages.get(event.messageId) : undefined
    const membership = 'membershipId' in event ? memberships.get(event.membershipId) : undefined
    return {
      kind: 'event',
      event,
      ...(message === undefined ? {} : { message }),
      ...(membership === undefined ? {} : { membership }),
      ...(conversation === undefined ? {} : { conversation }),
    }
  })
}

export const ConversationEventPageObject = builder.objectType(builder.objectRef<EventPage>('ConversationEventPage'), {
  description: 'A page of a log.',
  fields: t => ({
    events: t.field({
      type: [ConversationEventInterface],
      description: 'In the order of their sequences.',
      resolve: page => delivered(page),
    }),
    hasMore: t.exposeBoolean('hasMore', { description: 'There are more events after the last one here.' }),
  }),
})
