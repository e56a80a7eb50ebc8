import type { AuditEntry } from '../../audit.ts'
import type { AuditEntryId, ConversationId } from '../../ids.ts'

export interface AuditPageRequest {
  /** `server`: acts on users, and the deletions of conversations. */
  readonly of: ConversationId | 'server'
  /** Only entries before this one. */
  readonly before?: AuditEntryId
  readonly limit: number
}

export interface AuditReader {
  byIds(ids: readonly AuditEntryId[]): Promise<readonly AuditEntry[]>
  /** Newest first. */
  page(request: AuditPageRequest): Promise<readonly AuditEntry[]>
}
