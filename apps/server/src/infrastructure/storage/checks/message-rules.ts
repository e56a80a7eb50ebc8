import { deletedContent, fingerprintRemainders, serialiseContent } from '@cpc-messenger/messenger'
import type { Rule } from './rule.ts'

const marker = `'${serialiseContent(deletedContent)}'`

const wrongSequence: Rule = {
  kind: 'wrong-sequence',
  sql: `
    select m.conversation_id, m.id as subject, 'event ' || m.sequence || ' is not its MessageCreated' as detail
    from messages as m
      left join conversations as c on c.id = m.conversation_id
      left join events as e on e.conversation_id = m.conversation_id and e.sequence = m.sequence
    where c.deleted_at is null
      and (coalesce(e.type, '') <> 'MessageCreated' or coalesce(e.message_id, '') <> m.id)`,
}

const changedSequence: Rule = {
  kind: 'wrong-changed-sequence',
  sql: `
    select m.conversation_id, m.id as subject, 'event ' || m.changed_sequence || ' is not about it' as detail
    from messages as m
      left join conversations as c on c.id = m.conversation_id
      left join events as e on e.conversation_id = m.conversation_id and e.sequence = m.changed_sequence
    where c.deleted_at is null and coalesce(e.message_id, '') <> m.id
    union all
    select m.conversation_id, m.id, 'event ' || e.sequence || ' about it is newer than ' || m.changed_sequence
    from events as e join messages as m on m.id = e.message_id
    where e.sequence > m.changed_sequence`,
}

const unreadableContent: Rule = {
  kind: 'unreadable-content',
  sql: ({ jsonValid, jsonText }) => `
    select conversation_id, id as subject, 'its content or metadata cannot be read' as detail
    from messages
    where case when ${jsonValid('content')}
        then coalesce(${jsonText('content', 'kind')}, '') not in ('text', 'system', 'deleted') else true end
      or not coalesce(${jsonValid('metadata')}, true)`,
}

const deletedMessage: Rule = {
  kind: 'deleted-message',
  sql: `
    select conversation_id, id as subject, case
      when deleted_at is null then 'holds the marker of a deletion and is not deleted'
      when content <> ${marker} then 'is deleted and still holds content'
      when metadata is not null or sent_fingerprint >= ${fingerprintRemainders} then 'is deleted and still holds metadata or a fingerprint'
      else 'is deleted and has no updated_at, or one of another time' end as detail
    from messages
    where case when deleted_at is null then content = ${marker}
      else content <> ${marker} or metadata is not null or coalesce(sent_fingerprint, 0) >= ${fingerprintRemainders}
        or updated_at is null or updated_at <> deleted_at end`,
}

const editedMessage: Rule = {
  kind: 'edited-message',
  sql: `
    select conversation_id, id as subject,
      'is of version ' || version || case when updated_at is null then ' without' else ' with' end || ' updated_at' as detail
    from messages
    where version < 1 or (version > 1) <> (updated_at is not null)`,
}

const duplicateClientMessageId: Rule = {
  kind: 'duplicate-client-message-id',
  sql: `
    select conversation_id, min(id) as subject,
      count(*) || ' messages of ' || author_id || ' were sent as ' || client_message_id as detail
    from messages
    where client_message_id is not null
    group by conversation_id, author_id, client_message_id having count(*) > 1`,
}

const missingQuote: Rule = {
  kind: 'missing-quote',
  sql: `
    select m.conversation_id, m.id as subject, 'quotes ' || m.reply_to_id || ', which is not in this conversation' as detail
    from messages as m
      left join conversations as c on c.id = m.conversation_id
      left join messages as quoted on quoted.id = m.reply_to_id
    where m.reply_to_id is not null and c.deleted_at is null
      and coalesce(quoted.conversation_id, '') <> m.conversation_id`,
}

const strayRevision: Rule = {
  kind: 'wrong-revision',
  sql: `
    select r.conversation_id, r.message_id as subject,
      'revision ' || r.version || case when m.id is null then ' is of a message that does not exist'
        else ' is not older than the message, which is of version ' || m.version end as detail
    from message_revisions as r left join messages as m on m.id = r.message_id
    where r.version < 1 or m.id is null or r.version >= m.version or r.conversation_id <> m.conversation_id`,
}

const duplicateRevision: Rule = {
  kind: 'duplicate-revision',
  sql: `
    select min(conversation_id) as conversation_id, message_id as subject,
      'revision ' || version || ' is there ' || count(*) || ' times' as detail
    from message_revisions
    group by message_id, version having count(*) > 1`,
}

export const messageRules: readonly Rule[] = [
  wrongSequence,
  changedSequence,
  unreadableContent,
  deletedMessage,
  editedMessage,
  duplicateClientMessageId,
  missingQuote,
  strayRevision,
  duplicateRevision,
]
