import type { AuditEntry, Conversation, ConversationSettings } from '@cpc-messenger/messenger'
import type { DecisionContext } from '../commit/use-case.ts'

/** What was done. Properties that are absent are null. */
export type Act = Pick<AuditEntry, 'action'> & Partial<Omit<AuditEntry, 'id' | 'action' | 'occurredAt' | 'actorId'>>

/** The entry of what the actor does. It has to be in the draft of the command that does it. */
export const auditEntry = (act: Act, { actor, at, ids }: DecisionContext): AuditEntry => ({
  id: ids.auditEntryId(),
  conversationId: null,
  occurredAt: at,
  actorId: actor.userId,
  subjectId: null,
  messageId: null,
  reason: null,
  before: null,
  after: null,
  ...act,
})

/** The entry of an act in a conversation. A DIRECT conversation has none: no user could read them. */
export const auditIn = (
  { id, kind }: Pick<Conversation, 'id' | 'kind'>,
  act: Omit<Act, 'conversationId'>,
  context: DecisionContext,
): readonly AuditEntry[] => (kind === 'DIRECT' ? [] : [auditEntry({ ...act, conversationId: id }, context)])

/** The settings that differ, each as it was and as it is; null if none does. */
export const settingsChanged = (
  before: ConversationSettings,
  after: ConversationSettings,
): Pick<AuditEntry, 'before' | 'after'> => {
  const names = (Object.keys(after) as (keyof ConversationSettings)[]).filter(name => before[name] !== after[name])
  if (names.length === 0) return { before: null, after: null }
  const text = (settings: ConversationSettings) =>
    JSON.stringify(Object.fromEntries(names.map(name => [name, settings[name]])))
  return { before: text(before), after: text(after) }
}
