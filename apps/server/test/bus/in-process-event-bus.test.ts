import { InProcessEventBus } from '../../src/infrastructure/bus/in-process/event-bus.ts'
import { silentLog } from '../backend.ts'
import { eventBusContract } from './event-bus.contract.ts'

eventBusContract('the bus of one process', async () => {
  const bus = new InProcessEventBus(silentLog)
  return { here: bus, there: bus, [Symbol.asyncDispose]: async () => undefined }
})
