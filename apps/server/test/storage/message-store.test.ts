import { messageStoreContract } from './message-store.contract.ts'
import { openPostgresHarness } from './postgres/harness.ts'
import { openSqliteHarness } from './sqlite/harness.ts'

messageStoreContract({ sqlite: openSqliteHarness, postgres: openPostgresHarness })
