import { deletedContent, serialiseContent } from '@cpc-messenger/messenger'
import type { Rule } from './rule.ts'

const marker = `'${serialiseContent(deletedContent)}'`

const redacted: Rule = {
  kind: 'redacted-revision',
  sql: `
    select conversation_id, message_id as subject,
      'revision ' || version || case when redacted_at is null then ' holds the marker and is not redacted'
        else ' is redacted and still holds content' end as detail
    from message_revisions where (redacted_at is not null) <> (content = ${marker})`,
}

const erased: Rule = {
  kind: 'erased-revision',
  sql: ({ jsonValid, jsonText }) => `
    select r.conversation_id, r.message_id as subject,
      'revision ' || r.version || ' is of generation ' || r.history_generation || '; the history is of '
        || c.history_generation || ' and erased up to ' || c.erased_generation as detail
    from message_revisions as r join conversations as c on c.id = r.conversation_id
    where r.history_generation < c.erased_generation or r.history_generation > c.history_generation
      or (r.history_generation = c.history_generation and
        case when ${jsonValid('c.settings')} then ${jsonText('c.settings', 'historyVisibility')} = 'NONE' else false end)`,
}

const generation: Rule = {
  kind: 'wrong-history-generation',
  sql: `
    select id as conversation_id, id as subject,
      'its history is of generation ' || history_generation || ', and erased up to ' || erased_generation as detail
    from conversations where erased_generation > history_generation or erased_generation < 0`,
}

const unreadable: Rule = {
  kind: 'unreadable-revision',
  sql: ({ jsonValid, jsonText }) => `
    select conversation_id, message_id as subject, 'the content of revision ' || version || ' cannot be read' as detail
    from message_revisions
    where case when ${jsonValid('content')}
      then coalesce(${jsonText('content', 'kind')}, '') not in ('text', 'system', 'deleted') else true end`,
}

const editor: Rule = {
  kind: 'wrong-editor',
  sql: `
    select r.conversation_id, r.message_id as subject,
      'revision ' || r.version || ' was made by ' || coalesce(r.editor_id, 'nobody') || ', the message by '
        || coalesce(m.author_id, 'nobody') as detail
    from message_revisions as r join messages as m on m.id = r.message_id
    where coalesce(r.editor_id, '') <> coalesce(m.author_id, '')`,
}

const deleter: Rule = {
  kind: 'wrong-deleter',
  sql: `
    select e.conversation_id, e.message_id as subject,
      'was deleted by ' || coalesce(e.actor_id, 'the server') || ', and names ' || coalesce(m.deleted_by_id, 'nobody')
        as detail
    from events as e join messages as m on m.id = e.message_id
    where e.type = 'MessageDeleted' and coalesce(m.deleted_by_id, '') <> coalesce(e.actor_id, '')
    union all
    select conversation_id, id, 'is not deleted, and names ' || deleted_by_id || ' as who deleted it'
    from messages where deleted_at is null and deleted_by_id is not null`,
}

export const historyRules: readonly Rule[] = [redacted, erased, generation, unreadable, editor, deleter]
