import { mentionsPerMessage, presencePerSubscription, reactionsPerMessage } from '@cpc-messenger/messenger'
import { frameBytes } from '@cpc-messenger/protocol'
import type { GraphQLDependencies } from '../../operations/graphql-dependencies.ts'
import { pageSize } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'

/** The edition of the public contract that this schema implements. */
export const contractEdition = '1'
const features = ['conversations', 'messages', 'reactions', 'inbox', 'resume'] as const

const ServerLimitsObject = builder.objectType(builder.objectRef<GraphQLDependencies>('ServerLimits'), {
  description: 'The limits of this server.',
  fields: t => ({
    textLength: t.int({
      description: 'Maximum number of characters (Unicode code points) in a message.',
      resolve: ({ limits }) => limits.textLength,
    }),
    pageSize: t.int({ description: 'The maximum of `first` and `last`.', resolve: () => pageSize }),
    reactionsPerMessage: t.int({
      description: 'Maximum number of different emoji on one message.',
      resolve: () => reactionsPerMessage,
    }),
    mentionsPerMessage: t.int({
      description: 'Maximum number of members mentioned in one message.',
      resolve: () => mentionsPerMessage,
    }),
    presenceSubscription: t.int({
      description: 'Maximum number of users in one subscription to presence.',
      resolve: () => presencePerSubscription,
    }),
    subscriptionsPerConnection: t.int({
      description: 'Maximum number of open subscriptions on one connection.',
      resolve: ({ limits }) => limits.maxSubscriptionsPerConnection,
    }),
    frameBytes: t.int({ description: 'Maximum number of bytes in a WebSocket frame.', resolve: () => frameBytes }),
  }),
})

const ServerObject = builder.objectType(builder.objectRef<GraphQLDependencies>('Server'), {
  description: 'This server. Can be read without a token.',
  fields: t => ({
    version: t.exposeString('version', { description: 'The version of the software.' }),
    contract: t.string({ description: 'The edition of this contract.', resolve: () => contractEdition }),
    features: t.stringList({ description: 'The names of the enabled features.', resolve: () => features }),
    logEpoch: t.id({
      description: 'Changes when the database is restored from a backup. Positions of another epoch cannot be used.',
      resolve: ({ store }) => store.epoch,
    }),
    limits: t.field({
      type: ServerLimitsObject,
      description: 'The limits of this server.',
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
