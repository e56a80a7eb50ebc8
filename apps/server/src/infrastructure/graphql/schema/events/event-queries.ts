import { badInput } from '@cpc-messenger/messenger'
import { requireEpoch } from '../../../../delivery/log/epoch.ts'
import { eventsAtOnce, optionalSequence } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf } from '../root/ids.ts'
import { ConversationEventPageObject } from './event-page.ts'

builder.queryFields(t => ({
  events: t.field({
    type: ConversationEventPageObject,
    nullable: true,
    description: 'The events of a log after a sequence, oldest first.',
    args: {
      conversationId: t.arg.id({ required: true, description: 'The conversation whose log to read.' }),
      after: t.arg.int({
        required: true,
        defaultValue: 0,
        description: 'Only events with a greater sequence; 0 to 2147483647, and not ahead of the log.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: 100,
        description: `The number of events, 1 to ${eventsAtOnce}.`,
      }),
      epoch: t.arg.id({
        description: 'The epoch in which `after` was read. A different epoch is refused with RESYNC.',
      }),
    },
    resolve: (_root, { conversationId, after, first, epoch }, context) => {
      if (first < 1 || first > eventsAtOnce) throw badInput('first', `first is from 1 to ${eventsAtOnce}.`)
      const start = optionalSequence(after, 'after') ?? 0
      requireEpoch(epoch, context.dependencies.store.epoch)
      return context.reading.events(conversationIdOf(conversationId), start, context.pageRows(first))
    },
  }),
}))
