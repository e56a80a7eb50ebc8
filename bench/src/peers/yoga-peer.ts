import { setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'
import { answerCalls } from '../processes/answer-calls.ts'
import { listenOn } from './listen.ts'
import { type MemoryMessage, nextMessage } from './memory-messages.ts'
import type { PeerCalls } from './peer-calls.ts'
import { resolvers, typeDefs } from './peer-schema.ts'
import { takeOrders } from './take-orders.ts'

interface Item {
  readonly message: MemoryMessage
}

// By default an event target warns of a leak from the eleventh listener on.
const eventTarget = new EventTarget()
setMaxListeners(0, eventTarget)
const pubSub = createPubSub<{ item: [Item] }>({ eventTarget })
let subscriptionCount = 0

const schema = createSchema({
  typeDefs,
  resolvers: {
    ...resolvers,
    Subscription: {
      conversationEvents: {
        subscribe() {
          subscriptionCount += 1
          return pubSub.subscribe('item')
        },
        resolve: (item: Item) => item,
      },
    },
  },
})
const yoga = createYoga({ schema, logging: false, graphiql: false })
const server = createServer(yoga)

type Enveloped = ReturnType<typeof yoga.getEnveloped>
interface EnvelopedRoot {
  readonly execute: Enveloped['execute']
  readonly subscribe: Enveloped['subscribe']
}

useServer(
  {
    execute: args => (args.rootValue as EnvelopedRoot).execute(args),
    subscribe: args => (args.rootValue as EnvelopedRoot).subscribe(args),
    async onSubscribe(context, _id, params) {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      })
      const document = parse(params.query)
      const errors = validate(schema, document)
      if (errors.length > 0) return errors
      return {
        schema,
        operationName: params.operationName,
        document,
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
    },
  },
  new WebSocketServer({ server, path: yoga.graphqlEndpoint, perMessageDeflate: false }),
)

answerCalls<PeerCalls>({
  listen: async () => ({
    port: await listenOn(server),
    orders: await takeOrders(() => pubSub.publish('item', { message: nextMessage() })),
  }),
  subscriptionCount: () => subscriptionCount,
})
