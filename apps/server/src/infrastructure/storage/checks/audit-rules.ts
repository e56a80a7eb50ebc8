import type { Rule } from './rule.ts'

const strayEntry: Rule = {
  kind: 'stray-audit-entry',
  sql: `
    select a.conversation_id, a.id as subject,
      case when c.id is null then 'its conversation does not exist' else 'its conversation was erased' end as detail
    from audit_entries as a left join conversations as c on c.id = a.conversation_id
    where a.conversation_id is not null
      and (c.id is null or (c.purged = 1 and a.action <> 'CONVERSATION_DELETED'))`,
}

const strayMessage: Rule = {
  kind: 'wrong-audited-message',
  sql: `
    select a.conversation_id, a.id as subject, 'its message ' || a.message_id || ' is not in its conversation' as detail
    from audit_entries as a
      join conversations as c on c.id = a.conversation_id
      left join messages as m on m.id = a.message_id
    where a.message_id is not null and c.deleted_at is null and coalesce(m.conversation_id, '') <> a.conversation_id`,
}

const missingDeletion: Rule = {
  kind: 'wrong-audited-deletion',
  sql: `
    select a.conversation_id, a.id as subject, 'reports a deletion, and the conversation is not deleted' as detail
    from audit_entries as a join conversations as c on c.id = a.conversation_id
    where a.action = 'CONVERSATION_DELETED' and c.deleted_at is null`,
}

const incomplete: Rule = {
  kind: 'incomplete-audit-entry',
  sql: `
    select conversation_id, id as subject, action || ' lacks what it has to name' as detail
    from audit_entries
    where case
      when action like 'USER_%' then conversation_id is not null or subject_id is null
      when action = 'ROLE_CHANGED' then subject_id is null or value_before is null or value_after is null
      when action like 'MEMBER_%' then conversation_id is null or subject_id is null
      when action in ('MESSAGE_DELETED', 'REVISION_REDACTED') then conversation_id is null or message_id is null
      when action like 'CONVERSATION_%' then conversation_id is null
      else false end`,
}

export const auditRules: readonly Rule[] = [strayEntry, strayMessage, missingDeletion, incomplete]
