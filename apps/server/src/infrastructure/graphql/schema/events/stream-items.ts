import type { DeliveredEvent, StreamPosition } from '../../../../delivery/log/stream-item.ts'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder } from '../root/builder.ts'
import { eventObjects } from './events.ts'

const StreamPositionObject = builder.objectType(builder.objectRef<StreamPosition>('StreamPosition'), {
  description:
    'The position of the subscription. Sent once when the replay is done (`live` becomes true), then at most every ten seconds while there are events. A client stores `position` and resumes with it (`from`); `sequence` is 0 in an inbox.',
  fields: t => ({
    epoch: t.id({
      extensions: viewerIndependent,
      description: 'The epoch of the position: send both together.',
      resolve: (_position, _args, { dependencies }) => dependencies.store.epoch,
    }),
    position: t.exposeString('position', {
      extensions: viewerIndependent,
      description:
        'The position to resume from: for an inbox the value of `from`; for one conversation its sequence as a string.',
    }),
    sequence: t.exposeInt('sequence', {
      extensions: viewerIndependent,
      description: "The conversation's sequence, for `after`; 0 in an inbox.",
    }),
    live: t.exposeBoolean('live', {
      extensions: viewerIndependent,
      description: 'The replay is done; later events are sent as they happen.',
    }),
  }),
})

const typeOf = (item: DeliveredEvent | StreamPosition): string => ('event' in item ? item.event.type : 'StreamPosition')

export const StreamItemUnion = builder.unionType('StreamItem', {
  description: 'An item of a subscription to conversations: an event or a position.',
  types: [...Object.values(eventObjects), StreamPositionObject],
  resolveType: typeOf,
})

export const ReactionStreamItemUnion = builder.unionType('ReactionStreamItem', {
  description: 'An item of a subscription to the reactions of one message.',
  types: [eventObjects.ReactionAdded, eventObjects.ReactionRemoved, StreamPositionObject],
  resolveType: typeOf,
})
