import type { Rule } from './rule.ts'

const strayState: Rule = {
  kind: 'stray-viewer-state',
  sql: `
    select s.conversation_id, s.user_id as subject,
      case when m.id is null then 'has never been a member' else 'the conversation was erased' end as detail
    from viewer_states as s
      left join conversations as c on c.id = s.conversation_id
      left join memberships as m on m.conversation_id = s.conversation_id and m.user_id = s.user_id
    where m.id is null or coalesce(c.purged, 1) = 1`,
}

const beyondHead: Rule = {
  kind: 'marker-beyond-head',
  sql: `
    select s.conversation_id, s.user_id as subject,
      'delivered_sequence is ' || s.delivered_sequence || ', marked_unread_from is '
        || coalesce(s.marked_unread_from, 0) || ', the log ends at ' || c.last_sequence as detail
    from viewer_states as s join conversations as c on c.id = s.conversation_id
    where s.delivered_sequence > c.last_sequence or coalesce(s.marked_unread_from, 0) > c.last_sequence`,
}

const wrongOrder: Rule = {
  kind: 'wrong-markers',
  sql: `
    select conversation_id, user_id as subject,
      'read_sequence is ' || read_sequence || ' (shown: ' || shown_read_sequence || '), delivered_sequence is '
        || delivered_sequence || ' (shown: ' || shown_delivered_sequence || ')' as detail
    from viewer_states
    where shown_read_sequence < 0 or shown_read_sequence > read_sequence or read_sequence > delivered_sequence
      or shown_read_sequence > shown_delivered_sequence or shown_delivered_sequence > delivered_sequence
      or coalesce(marked_unread_from, 0) < 0`,
}

export const viewerStateRules: readonly Rule[] = [strayState, beyondHead, wrongOrder]
