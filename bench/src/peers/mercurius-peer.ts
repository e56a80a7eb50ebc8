import { fastify } from 'fastify'
import mercurius from 'mercurius'
import { answerCalls } from '../processes/answer-calls.ts'
import { nextMessage } from './memory-messages.ts'
import type { PeerCalls } from './peer-calls.ts'
import { resolvers, typeDefs } from './peer-schema.ts'
import { takeOrders } from './take-orders.ts'

const topic = 'item'
let subscriptionCount = 0

const app = fastify({ logger: false })
await app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    ...resolvers,
    StreamItem: { resolveType: resolvers.StreamItem.__resolveType },
    Subscription: {
      conversationEvents: {
        async subscribe(_root: unknown, _args: unknown, { pubsub }: { pubsub: mercurius.PubSub }) {
          const items = await pubsub.subscribe(topic)
          subscriptionCount += 1
          return items
        },
      },
    },
  },
  jit: 1,
  subscription: true,
})

const publish = (): void => {
  app.graphql.pubsub.publish({ topic, payload: { conversationEvents: { message: nextMessage() } } })
}

const listen = async (): Promise<number> => {
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

answerCalls<PeerCalls>({
  listen: async () => ({ port: await listen(), orders: await takeOrders(publish) }),
  subscriptionCount: () => subscriptionCount,
})
