import type { Logger } from '../../services/telemetry/logger.ts'
import type { Buses } from './buses.ts'
import { InProcessEventBus } from './in-process-event-bus.ts'
import { InProcessSignalBus } from './in-process-signal-bus.ts'

/** The buses of a node that is alone on its database. */
export const openBusesInProcess = (log: Logger): Buses => ({
  bus: new InProcessEventBus(log),
  signalBus: new InProcessSignalBus(log),
  [Symbol.asyncDispose]: async () => undefined,
})
