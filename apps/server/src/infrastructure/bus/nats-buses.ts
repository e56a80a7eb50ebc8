import type { Buses } from './buses.ts'
import { NatsEventBus } from './nats-event-bus.ts'
import { NatsSignalBus } from './nats-signal-bus.ts'
import { NodeLink, type NodeLinkDependencies } from './node-link.ts'

/** The buses of one of several nodes, over one connection to NATS. */
export const openBusesOverNats = async (dependencies: NodeLinkDependencies): Promise<Buses> => {
  const { log } = dependencies
  const link = await NodeLink.open(dependencies)
  return {
    bus: new NatsEventBus(link, log),
    signalBus: new NatsSignalBus(link, log),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}
