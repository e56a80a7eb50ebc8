import { activitySlotMs } from '../../tables/conversations/conversations.ts'
import type { Rule } from './rule.ts'

const active = '(select count(*) from memberships where conversation_id = c.id and left_sequence is null)'

const memberCount: Rule = {
  kind: 'wrong-member-count',
  sql: `
    select c.id as conversation_id, c.id as subject,
      'member_count is ' || c.member_count || ', members are ' || ${active} as detail
    from conversations as c
    where case when c.deleted_at is null then c.member_count <> ${active} else ${active} > 0 end`,
}

const joined: Rule = {
  kind: 'wrong-joined-sequence',
  sql: `
    select m.conversation_id, m.id as subject, 'event ' || m.sequence || ' is not its MemberJoined' as detail
    from (
      select conversation_id, id, joined_sequence as sequence from memberships
      union all
      select conversation_id, id, first_joined_sequence from memberships
      where first_joined_sequence <> joined_sequence
    ) as m
      left join conversations as c on c.id = m.conversation_id
      left join events as e on e.conversation_id = m.conversation_id and e.sequence = m.sequence
    where c.deleted_at is null
      and (coalesce(e.type, '') <> 'MemberJoined' or coalesce(e.membership_id, '') <> m.id)`,
}

const left: Rule = {
  kind: 'wrong-left-sequence',
  sql: `
    select m.conversation_id, m.id as subject, 'event ' || m.left_sequence || ' did not end it' as detail
    from memberships as m
      left join conversations as c on c.id = m.conversation_id
      left join events as e on e.conversation_id = m.conversation_id and e.sequence = m.left_sequence
    where m.left_sequence is not null
      and (m.left_sequence <= m.joined_sequence or not (
        coalesce(e.type, '') = 'ConversationDeleted'
        or (coalesce(e.type, '') = 'MemberLeft' and coalesce(e.membership_id, '') = m.id)
        or (e.type is null and c.deleted_at is not null and m.left_sequence < c.last_sequence)))`,
}

const leaveReason: Rule = {
  kind: 'wrong-leave-reason',
  sql: `
    select m.conversation_id, m.id as subject,
      'leave_reason is ' || coalesce(m.leave_reason, 'null') || ', its MemberLeft says ' || coalesce(e.reason, 'nothing')
        as detail
    from memberships as m
      left join conversations as c on c.id = m.conversation_id
      left join events as e on e.conversation_id = m.conversation_id and e.sequence = m.left_sequence
    where c.deleted_at is null and coalesce(m.leave_reason, '') <> coalesce(e.reason, '')`,
}

const directPair: Rule = {
  kind: 'wrong-direct-pair',
  sql: `
    select conversation_id, conversation_id as subject,
      'direct_pair is ' || coalesce(direct_pair, 'null') || ', members are ' || coalesce(pair, 'nobody') as detail
    from (
      select c.id as conversation_id, c.kind, c.direct_pair, (
        select min(user_id) || ' ' || max(user_id) from memberships
        where conversation_id = c.id having count(*) = 2
      ) as pair
      from conversations as c where c.kind = 'DIRECT' or c.direct_pair is not null
    ) as direct
    where kind <> 'DIRECT' or direct_pair is null or pair is null or direct_pair <> pair`,
}

const activeSlot: Rule = {
  kind: 'wrong-active-slot',
  sql: `
    select id as conversation_id, id as subject, 'active_slot is ' || active_slot as detail
    from conversations where active_slot <> last_activity_at / ${activitySlotMs}`,
}

const unreadable: Rule = {
  kind: 'unreadable-conversation',
  sql: ({ jsonValid }) => `
    select id as conversation_id, id as subject, 'its settings or metadata cannot be read' as detail
    from conversations
    where not ${jsonValid('settings')} or not coalesce(${jsonValid('metadata')}, true)`,
}

export const conversationRules: readonly Rule[] = [
  memberCount,
  joined,
  left,
  leaveReason,
  directPair,
  activeSlot,
  unreadable,
]
