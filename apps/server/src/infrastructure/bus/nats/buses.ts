import type { Clock } from '@cpc-messenger/messenger'
import { NodeLink, type NodeLinkDependencies } from '../link/node-link.ts'
import type { Buses } from '../listeners/buses.ts'
import { NatsEventBus } from './event-bus.ts'
import { NatsPresenceRegistry, type PresenceTimes } from './presence-registry.ts'
import { NatsSignalBus } from './signal-bus.ts'

interface NatsBusesDependencies extends NodeLinkDependencies {
  readonly clock: Clock
  readonly presenceTimes?: Partial<PresenceTimes>
}

/** The buses of one of several nodes, over one connection to NATS. */
export const openBusesOverNats = async (dependencies: NatsBusesDependencies): Promise<Buses> => {
  const { log, clock, presenceTimes = {} } = dependencies
  const link = await NodeLink.open(dependencies)
  const presenceRegistry = await NatsPresenceRegistry.open({ link, clock, log, times: presenceTimes })
  return {
    bus: new NatsEventBus(link, log),
    signalBus: new NatsSignalBus(link, log),
    presenceRegistry,
    async [Symbol.asyncDispose]() {
      await presenceRegistry[Symbol.asyncDispose]()
      await link[Symbol.asyncDispose]()
    },
  }
}
