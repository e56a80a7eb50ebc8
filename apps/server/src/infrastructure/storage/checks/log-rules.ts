import { columnsOfEvents } from '../../tables/conversations/events.ts'
import type { Rule } from './rule.ts'

const logHole: Rule = {
  kind: 'log-hole',
  sql: `
    select log.conversation_id, 'event ' || log.sequence as subject, 'comes after event ' || log.before as detail
    from (
      select conversation_id, sequence, lag(sequence, 1, 0) over (partition by conversation_id order by sequence) as before
      from events
    ) as log left join conversations as c on c.id = log.conversation_id
    where log.sequence <> log.before + 1 and c.deleted_at is null`,
}

const wrongHead: Rule = {
  kind: 'wrong-head',
  sql: `
    select conversation_id, conversation_id as subject,
      'last_sequence is ' || last_sequence || ', the newest event ' || newest as detail
    from (
      select id as conversation_id, last_sequence,
        coalesce((select max(sequence) from events where conversation_id = conversations.id), 0) as newest
      from conversations
    ) as head
    where last_sequence <> newest`,
}

const wrongEnd: Rule = {
  kind: 'wrong-end',
  sql: `
    select c.id as conversation_id, c.id as subject,
      case when c.deleted_at is null then 'exists, though its log has ended'
        else 'is deleted, and its log does not end with that' end as detail
    from conversations as c
      left join events as e on e.conversation_id = c.id and e.sequence = c.last_sequence
    where (c.deleted_at is not null) <> (coalesce(e.type, '') = 'ConversationDeleted')`,
}

const strayEvent: Rule = {
  kind: 'stray-event',
  sql: `
    select e.conversation_id, 'event ' || e.sequence as subject, 'is of a conversation that does not exist' as detail
    from events as e left join conversations as c on c.id = e.conversation_id
    where c.id is null`,
}

const malformedEvent: Rule = {
  kind: 'malformed-event',
  sql: `
    select conversation_id, 'event ' || sequence as subject, 'lacks what an event ' || type || ' has' as detail
    from events
    where case type ${[...columnsOfEvents]
      .map(([type, columns]) => `when '${type}' then ${columns.map(column => `${column} is null or `).join('')}false`)
      .join(' ')} else true end`,
}

const missingSubject: Rule = {
  kind: 'missing-subject',
  sql: `
    select e.conversation_id, 'event ' || e.sequence as subject,
      e.type || ' is about ' || coalesce(e.message_id, e.membership_id) || ', which is not in this conversation' as detail
    from events as e
      left join conversations as c on c.id = e.conversation_id
      left join messages as m on m.id = e.message_id
      left join memberships as s on s.id = e.membership_id
    where c.deleted_at is null and (
      (e.message_id is not null and coalesce(m.conversation_id, '') <> e.conversation_id) or
      (e.membership_id is not null and (coalesce(s.conversation_id, '') <> e.conversation_id or s.user_id <> e.user_id)))`,
}

const commitOrder: Rule = {
  kind: 'commit-order',
  sql: `
    select conversation_id, 'event ' || sequence as subject,
      'is of commit ' || commit_id || ', the one before it of ' || before as detail
    from (
      select conversation_id, sequence, commit_id,
        lag(commit_id, 1, 0) over (partition by conversation_id order by sequence) as before
      from events
    ) as log
    where commit_id < before`,
}

const lastCommit: Rule = {
  kind: 'last-commit',
  sql: ({ greatestCommit }) => `
    select c.id as conversation_id, c.id as subject,
      'last_commit is ' || c.last_commit || ', the newest event of ' || e.commit_id as detail
    from conversations as c cross join events as e
    where e.conversation_id = c.id and e.sequence = c.last_sequence
      and (c.last_commit <> e.commit_id or e.commit_id > ${greatestCommit})`,
}

export const logRules: readonly Rule[] = [
  logHole,
  wrongHead,
  wrongEnd,
  strayEvent,
  malformedEvent,
  missingSubject,
  commitOrder,
  lastCommit,
]
