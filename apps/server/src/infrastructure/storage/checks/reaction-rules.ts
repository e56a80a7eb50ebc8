import type { Rule } from './rule.ts'

const strayReaction: Rule = {
  kind: 'wrong-reaction',
  sql: `
    select r.conversation_id, r.message_id as subject,
      r.emoji || ' of ' || r.user_id || ': event ' || r.sequence || ' is not its ReactionAdded' as detail
    from reactions as r
      left join conversations as c on c.id = r.conversation_id
      left join events as e on e.conversation_id = r.conversation_id and e.sequence = r.sequence
    where c.deleted_at is null and (coalesce(e.type, '') <> 'ReactionAdded' or e.message_id <> r.message_id
      or e.emoji <> r.emoji or e.user_id <> r.user_id)`,
}

const duplicateReaction: Rule = {
  kind: 'duplicate-reaction',
  sql: `
    select min(conversation_id) as conversation_id, message_id as subject,
      emoji || ' of ' || user_id || ' exists ' || count(*) || ' times' as detail
    from reactions
    group by message_id, user_id, emoji having count(*) > 1`,
}

const missingMessage: Rule = {
  kind: 'stray-reaction',
  sql: `
    select r.conversation_id, r.message_id as subject, r.emoji || ' of ' || r.user_id || ' has no message' as detail
    from reactions as r left join messages as m on m.id = r.message_id
    where coalesce(m.conversation_id, '') <> r.conversation_id`,
}

const onDeletedMessage: Rule = {
  kind: 'unerased-reaction',
  sql: `
    select r.conversation_id, r.message_id as subject, r.emoji || ' of ' || r.user_id || ' is on a deleted message' as detail
    from reactions as r join messages as m on m.id = r.message_id
    where m.deleted_at is not null
    union all
    select k.conversation_id, k.message_id, k.emoji || ' is counted on a deleted message' as detail
    from reaction_counts as k join messages as m on m.id = k.message_id
    where m.deleted_at is not null`,
}

const wrongCount: Rule = {
  kind: 'wrong-reaction-count',
  sql: `
    select counted.conversation_id, counted.message_id as subject,
      counted.emoji || ' exists ' || counted.existing || ' times, the count says ' || coalesce(k.count, 0) as detail
    from (
      select message_id, emoji, min(conversation_id) as conversation_id, count(*) as existing
      from reactions group by message_id, emoji
    ) as counted
      left join conversations as c on c.id = counted.conversation_id
      left join reaction_counts as k on k.message_id = counted.message_id and k.emoji = counted.emoji
    where c.deleted_at is null and coalesce(k.count, 0) <> counted.existing
    union all
    select k.conversation_id, k.message_id, k.emoji || ' does not exist, the count says ' || k.count
    from reaction_counts as k left join conversations as c on c.id = k.conversation_id
    where c.deleted_at is null
      and not exists (select 1 from reactions where message_id = k.message_id and emoji = k.emoji)`,
}

export const reactionRules: readonly Rule[] = [
  strayReaction,
  duplicateReaction,
  missingMessage,
  onDeletedMessage,
  wrongCount,
]
