import { messageStoreContract } from './message-store.contract.ts'
import { openSqliteHarness } from './sqlite-harness.ts'

messageStoreContract({ sqlite: openSqliteHarness })
