import { mentionsPerMessage, reactionsPerMessage } from '@cpc-messenger/messenger'
import type { GraphQLDependencies } from '../execution/graphql-dependencies.ts'
import { builder } from './builder.ts'
import { pageSize } from './page-arguments.ts'

/** The edition of the public contract that this schema holds. */
export const contractEdition = '1'
/** Frames up to this size are taken on every transport. */
const frameBytes = 65_536
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

export const ServerObject = builder.objectType(builder.objectRef<GraphQLDependencies>('Server'), {
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
