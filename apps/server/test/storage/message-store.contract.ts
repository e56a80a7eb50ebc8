import { describe } from 'vitest'
import { auditContract } from './contract/audit.contract.ts'
import { batchesContract } from './contract/batches.contract.ts'
import { historyContract } from './contract/history.contract.ts'
import { inboxContract } from './contract/inbox.contract.ts'
import { listsContract } from './contract/lists.contract.ts'
import { logsContract } from './contract/logs.contract.ts'
import { pagingContract } from './contract/paging.contract.ts'
import { presencesContract } from './contract/presences.contract.ts'
import { readsContract } from './contract/reads.contract.ts'
import { secretContract } from './contract/secret.contract.ts'
import type { OpenHarness } from './contract/store-harness.ts'
import { unreadContract } from './contract/unread.contract.ts'
import { viewerStatesContract } from './contract/viewer-states.contract.ts'

type Dialect = 'sqlite' | 'postgres'

/** What `MessageStore` promises, run on every engine. */
export const messageStoreContract = (dialects: Readonly<Record<Dialect, OpenHarness>>): void => {
  for (const [dialect, open] of Object.entries(dialects))
    describe(`the message store over ${dialect}`, () => {
      describe('batches', () => batchesContract(open))
      describe('reads', () => readsContract(open))
      describe('histories', () => historyContract(open))
      describe('presences', () => presencesContract(open))
      describe('lists', () => listsContract(open))
      describe('paging', () => pagingContract(open))
      describe('logs', () => logsContract(open))
      describe('inboxes', () => inboxContract(open))
      describe('viewer states', () => viewerStatesContract(open))
      describe('unread messages', () => unreadContract(open))
      describe('the audit log', () => auditContract(open))
      describe('the shared secret', () => secretContract(open))
    })
}
