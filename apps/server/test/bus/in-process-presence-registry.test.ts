import { InProcessPresenceRegistry } from '../../src/infrastructure/bus/in-process/presence-registry.ts'
import { silentLog } from '../backend.ts'
import { presenceRegistryContract } from './presence-registry.contract.ts'

presenceRegistryContract('the registry of one process', async () => {
  const registry = new InProcessPresenceRegistry(silentLog)
  return { here: registry, there: registry, [Symbol.asyncDispose]: async () => undefined }
})
