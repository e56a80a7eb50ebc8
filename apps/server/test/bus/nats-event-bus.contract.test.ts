import { describe } from 'vitest'
import { NatsServer, skipWithoutNats } from '../support/nats-server.ts'
import { eventBusContract } from './event-bus.contract.ts'
import { openNatsBus } from './nats-bus.ts'

describe.skipIf(skipWithoutNats())('over a nats-server', () => {
  eventBusContract('NATS between two nodes', async () => {
    const server = await NatsServer.start()
    const [here, there] = [await openNatsBus(server), await openNatsBus(server)]
    return {
      here: here.bus,
      there: there.bus,
      async [Symbol.asyncDispose]() {
        for (const each of [here, there, server]) await each[Symbol.asyncDispose]()
      },
    }
  })

  eventBusContract('NATS within one node', async () => {
    const server = await NatsServer.start()
    const node = await openNatsBus(server)
    return {
      here: node.bus,
      there: node.bus,
      async [Symbol.asyncDispose]() {
        for (const each of [node, server]) await each[Symbol.asyncDispose]()
      },
    }
  })
})
