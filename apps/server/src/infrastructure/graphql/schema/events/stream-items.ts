import type { DeliveredEvent, StreamPosition } from '../../../../delivery/log/stream-item.ts'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder } from '../root/builder.ts'
import { eventObjects, ReactionAddedObject, ReactionRemovedObject } from './events.ts'

const StreamPositionObject = builder.objectType(builder.objectRef<StreamPosition>('StreamPosition'), {
  description:
    'Where the subscription stands. Sent once when the replay is done (`live` turns true), and then at most every ten seconds while events flow. `position` is what a client keeps to come back with (`from`); `sequence` is 0 in an inbox.',
  fields: t => ({
    epoch: t.id({
      extensions: viewerIndependent,
      description: 'The epoch of the logs that the position is of: send it with the position.',
      resolve: (_position, _args, { dependencies }) => dependencies.store.epoch,
    }),
    position: t.exposeString('position', {
      extensions: viewerIndependent,
      description: 'What to come back with: of an inbox for `from`; of one conversation its sequence as a text.',
    }),
    sequence: t.exposeInt('sequence', {
      extensions: viewerIndependent,
      description: "The conversation's sequence, for `after`; 0 in an inbox.",
    }),
    live: t.exposeBoolean('live', {
      extensions: viewerIndependent,
      description: 'The replay is done: what follows is sent as it happens.',
    }),
  }),
})

const typeOf = (item: DeliveredEvent | StreamPosition): string => ('event' in item ? item.event.type : 'StreamPosition')

export const StreamItemUnion = builder.unionType('StreamItem', {
  description: 'What a subscription to conversations brings: an event, or where it stands.',
  types: [...eventObjects, StreamPositionObject],
  resolveType: typeOf,
})

export const ReactionStreamItemUnion = builder.unionType('ReactionStreamItem', {
  description: 'What a subscription to the reactions of one message brings.',
  types: [ReactionAddedObject, ReactionRemovedObject, StreamPositionObject],
  resolveType: typeOf,
})
