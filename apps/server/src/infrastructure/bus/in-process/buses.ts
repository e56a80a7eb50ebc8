import type { Logger } from '../../../services/telemetry/logger.ts'
import type { Buses } from '../listeners/buses.ts'
import { InProcessEventBus } from './event-bus.ts'
import { InProcessPresenceRegistry } from './presence-registry.ts'
import { InProcessSignalBus } from './signal-bus.ts'

/** The buses of a node that is alone on its database. */
export const openBusesInProcess = (log: Logger): Buses => ({
  bus: new InProcessEventBus(log),
  signalBus: new InProcessSignalBus(log),
  presenceRegistry: new InProcessPresenceRegistry(log),
  [Symbol.asyncDispose]: async () => undefined,
})
