import { badInput } from '@cpc-messenger/messenger'
import { builder } from './builder.ts'
import { requireEpoch } from './epoch.ts'
import { ConversationEventPageObject } from './event-page.ts'
import { findNode } from './find-node.ts'
import { conversationIdOf } from './ids.ts'
import { NodeInterface, ViewerObject } from './object-refs.ts'
import { eventsAtOnce, nodesAtOnce, optionalSequence } from './page-arguments.ts'
import { ServerObject } from './server-info.ts'

builder.queryType({
  description: 'What may be read. One operation reads one snapshot.',
  fields: t => ({
    server: t.field({
      type: ServerObject,
      description: 'This server; needs no token.',
      resolve: (_root, _args, { dependencies }) => dependencies,
    }),
    viewer: t.field({
      type: ViewerObject,
      nullable: true,
      description: 'The signed-in user.',
      resolve: (_root, _args, { actor }) => actor,
    }),
    node: t.field({
      type: NodeInterface,
      nullable: true,
      description: 'The thing with this id; null where it does not exist and where the viewer may not see it.',
      args: { id: t.arg.id({ required: true, description: 'Of a conversation, message, membership or user.' }) },
      resolve: (_root, { id }, { reading }) => findNode(id, reading),
    }),
    nodes: t.field({
      type: [NodeInterface],
      nullable: { list: false, items: true },
      description: 'At most 100; null in the place of each that does not exist or may not be seen.',
      args: { ids: t.arg.idList({ required: true, description: 'At most 100.' }) },
      resolve: (_root, { ids }, { reading }) => {
        if (ids.length > nodesAtOnce) throw badInput('ids', `ids names ${nodesAtOnce} things at most.`)
        return ids.map(id => findNode(id, reading))
      },
    }),
    events: t.field({
      type: ConversationEventPageObject,
      nullable: true,
      description: 'The log after a sequence, oldest first; `first` at most 1000.',
      args: {
        conversationId: t.arg.id({ required: true, description: 'Whose log.' }),
        after: t.arg.int({
          required: true,
          defaultValue: 0,
          description: 'Only events with a greater sequence; 0 to 2147483647, and not ahead of the log.',
        }),
        first: t.arg.int({ required: true, defaultValue: 100, description: 'How many, 1 to 1000.' }),
        epoch: t.arg.id({ description: 'The one that `after` was read in: of another one it is RESYNC.' }),
      },
      resolve: (_root, { conversationId, after, first, epoch }, context) => {
        if (first < 1 || first > eventsAtOnce) throw badInput('first', `first is from 1 to ${eventsAtOnce}.`)
        const start = optionalSequence(after, 'after') ?? 0
        requireEpoch(epoch, context.dependencies.store)
        return context.reading.events(conversationIdOf(conversationId), start, context.pageRows(first))
      },
    }),
  }),
})
