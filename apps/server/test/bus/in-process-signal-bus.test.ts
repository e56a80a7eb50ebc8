import { InProcessSignalBus } from '../../src/infrastructure/bus/in-process/signal-bus.ts'
import { silentLog } from '../backend.ts'
import { signalBusContract } from './signal-bus.contract.ts'

signalBusContract('the signal bus of one process', async () => {
  const bus = new InProcessSignalBus(silentLog)
  return { here: bus, there: bus, [Symbol.asyncDispose]: async () => undefined }
})
