import { mentionsPerMessage, reactionsPerMessage } from '@cpc-messenger/messenger'
import { frameBytes } from '@cpc-messenger/protocol'
import type { GraphQLDependencies } from '../../operations/graphql-dependencies.ts'
import { pageSize } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'

/** The edition of the public contract that this schema holds. */
export const contractEdition = '1'
const features = ['conversations', 'messages', 'reactions', 'inbox', 'resume'] as const

const ServerLimitsObject = builder.objectType(builder.objectRef<GraphQLDependencies>('ServerLimits'), {
  description: 'How much of each thing this server takes.',
  fields: t => ({
    textLength: t.int({
      description: 'Characters (Unicode code points) in a message.',
      resolve: ({ limits }) => limits.textLength,
    }),
    pageSize: t.int({ description: 'The most that `first` or `last` may ask for.', resolve: () => pageSize }),
    reactionsPerMessage: t.int({
      description: 'Different emoji on one message.',
      resolve: () => reactionsPerMessage,
    }),
    mentionsPerMessage: t.int({ description: 'Members named in one message.', resolve: () => mentionsPerMessage }),
    subscriptionsPerConnection: t.int({
      description: 'Subscriptions that stand on one connection.',
      resolve: ({ limits }) => limits.maxSubscriptionsPerConnection,
    }),
    frameBytes: t.int({ description: 'Bytes in a frame of a WebSocket.', resolve: () => frameBytes }),
  }),
})

const ServerObject = builder.objectType(builder.objectRef<GraphQLDependencies>('Server'), {
  description: 'This server: readable without a token.',
  fields: t => ({
    version: t.exposeString('version', { description: 'Of the software.' }),
    contract: t.string({ description: 'The edition of this contract.', resolve: () => contractEdition }),
    features: t.stringList({ description: 'What is built and switched on, by name.', resolve: () => features }),
    logEpoch: t.id({
      description: 'Changes when the logs were restored from a backup: positions of another epoch are worth nothing.',
      resolve: ({ store }) => store.epoch,
    }),
    limits: t.field({
      type: ServerLimitsObject,
      description: 'How much it takes.',
      resolve: dependencies => dependencies,
    }),
  }),
})

builder.queryFields(t => ({
  server: t.field({
    type: ServerObject,
    description: 'This server. Needs no token.',
    resolve: (_root, _args, { dependencies }) => dependencies,
  }),
}))
