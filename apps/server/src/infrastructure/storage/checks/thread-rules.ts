import type { Rule } from './rule.ts'

const kept = 'left join conversations as c on c.id = m.conversation_id'

const wrongRoot: Rule = {
  kind: 'wrong-thread-root',
  sql: `
    select m.conversation_id, m.id as subject, 'is a reply under ' || m.thread_root_id || ', which is not a root here' as detail
    from messages as m ${kept} left join messages as root on root.id = m.thread_root_id
    where m.thread_root_id is not null and c.deleted_at is null
      and (coalesce(root.conversation_id, '') <> m.conversation_id or root.thread_root_id is not null
        or root.sequence >= m.sequence)`,
}

const wrongPlace: Rule = {
  kind: 'wrong-place-of-message',
  sql: `
    select conversation_id, id as subject,
      'in_timeline is ' || in_timeline || ', also_in_conversation is ' || also_in_conversation as detail
    from messages
    where in_timeline <> case when thread_root_id is null or also_in_conversation = 1 then 1 else 0 end
      or (thread_root_id is null and also_in_conversation <> 0)`,
}

const wrongOrdinal: Rule = {
  kind: 'wrong-ordinal',
  sql: `
    select n.conversation_id, n.id as subject, 'ordinal is ' || n.ordinal || ', counted are ' || n.counted as detail
    from (
      select conversation_id, id, ordinal, sum(countable) over (partition by conversation_id order by sequence) as counted
      from messages where in_timeline = 1
      union all
      select conversation_id, id, ordinal, row_number() over (partition by thread_root_id order by sequence)
      from messages where in_timeline = 0
    ) as n
      left join conversations as c on c.id = n.conversation_id
    where n.ordinal <> n.counted and c.deleted_at is null`,
}

/** The ordinals are checked by the rule above. */
const lastOrdinal = `coalesce((
  select m.ordinal from messages as m where m.conversation_id = c.id and m.in_timeline = 1 order by m.sequence desc limit 1), 0)`

const wrongMessageCount: Rule = {
  kind: 'wrong-message-count',
  sql: `
    select c.id as conversation_id, c.id as subject,
      'message_count is ' || c.message_count || ', counted are ' || ${lastOrdinal} as detail
    from conversations as c where c.deleted_at is null and c.message_count <> ${lastOrdinal}`,
}

/** Of the replies under the root of `t`. */
const ofReplies = (value: string, condition = ''): string =>
  `(select ${value} from messages as m where m.thread_root_id = t.root_id${condition})`

const wrongThread: Rule = {
  kind: 'wrong-thread',
  sql: `
    select t.conversation_id, t.root_id as subject, 'its thread does not count its replies' as detail
    from threads as t
      left join conversations as c on c.id = t.conversation_id
      left join messages as root on root.id = t.root_id
    where c.deleted_at is null and (coalesce(root.conversation_id, '') <> t.conversation_id
      or t.reply_count <> ${ofReplies('count(*)', ' and m.deleted_at is null')}
      or t.message_count <> ${ofReplies('count(*)', ' and m.in_timeline = 0')}
      or t.last_sequence <> coalesce(${ofReplies('max(m.sequence)')}, 0)
      or t.last_reply_at <> coalesce(${ofReplies('max(m.created_at)')}, 0))
    union all
    select m.conversation_id, m.thread_root_id, 'has the reply ' || m.id || ' and no thread'
    from messages as m
      left join threads as t on t.root_id = m.thread_root_id
      left join conversations as c on c.id = m.conversation_id
    where m.thread_root_id is not null and t.root_id is null and c.deleted_at is null`,
}

const wrongThreadState: Rule = {
  kind: 'wrong-thread-state',
  sql: `
    select s.conversation_id, s.root_id as subject, s.user_id || ': reply_count is ' || s.reply_count as detail
    from thread_states as s
      left join threads as t on t.root_id = s.root_id
      left join conversations as c on c.id = s.conversation_id
      left join messages as first on first.conversation_id = s.conversation_id and first.sequence = s.first_reply_sequence
    where c.deleted_at is null and (coalesce(t.conversation_id, '') <> s.conversation_id or s.read_sequence > c.last_sequence
      or s.reply_count <> (
        select count(*) from messages as m
        where m.thread_root_id = s.root_id and m.author_id = s.user_id and m.deleted_at is null)
      or (s.reply_count > 0 and s.first_reply_sequence is null)
      or (s.first_reply_sequence is not null
        and (coalesce(first.thread_root_id, '') <> s.root_id or coalesce(first.author_id, '') <> s.user_id))
      or s.follows not in (0, 1) or s.chosen not in (0, 1))
    union all
    select m.conversation_id, m.thread_root_id, m.author_id || ' has replied and has no state'
    from messages as m
      left join thread_states as s on s.root_id = m.thread_root_id and s.user_id = m.author_id
      left join conversations as c on c.id = m.conversation_id
    where m.thread_root_id is not null and m.author_id is not null and s.root_id is null and c.deleted_at is null`,
}

const threadOfEvent: Rule = {
  kind: 'wrong-thread-of-event',
  sql: `
    select e.conversation_id, m.id as subject, 'event ' || e.sequence || ' about it is not in its thread' as detail
    from events as e join messages as m on m.id = e.message_id
    where coalesce(e.thread_root_id, '') <> coalesce(m.thread_root_id, '')`,
}

const threadOf = (message: string): string =>
  `case when ${message}.in_timeline = 1 then '' else coalesce(${message}.thread_root_id, '') end`
const namesEveryone = `m.content like '{"kind":"text"%' and m.content like '%"mentionsEveryone":true}'`

/** A message names users in its content, and each of them is stored; the author's own name is not. */
const wrongMention: Rule = {
  kind: 'wrong-mention',
  sql: ({ mentionsIn }) => `
    select n.conversation_id, n.message_id as subject, n.user_id || ' is stored otherwise than mentioned' as detail
    from mentions as n
      left join messages as m on m.id = n.message_id
      left join conversations as c on c.id = n.conversation_id
    where c.deleted_at is null and (m.id is null or m.deleted_at is not null or m.conversation_id <> n.conversation_id
      or coalesce(m.author_id, '') <> n.author_id or coalesce(n.thread_root_id, '') <> ${threadOf('m')}
      or n.sequence < m.sequence or n.sequence > m.changed_sequence
      or not case when n.user_id = 'everyone' then ${namesEveryone}
        else ${namesEveryone} or exists (
          select 1 from ${mentionsIn('m.content')} as named where named.value = n.user_id) end)
    union all
    select m.conversation_id, m.id, named.value || ' is mentioned and not stored'
    from messages as m cross join ${mentionsIn("case when m.deleted_at is null then m.content else '{}' end")} as named
      left join mentions as n on n.message_id = m.id and n.user_id = named.value
      left join conversations as c on c.id = m.conversation_id
    where c.deleted_at is null and named.value <> m.author_id and n.user_id is null
    union all
    select m.conversation_id, m.id, 'everyone is mentioned and not stored'
    from messages as m
      left join mentions as n on n.message_id = m.id and n.user_id = 'everyone'
      left join conversations as c on c.id = m.conversation_id
    where ${namesEveryone} and n.user_id is null and c.deleted_at is null`,
}

export const threadRules: readonly Rule[] = [
  wrongRoot,
  wrongPlace,
  wrongOrdinal,
  wrongMessageCount,
  wrongThread,
  wrongThreadState,
  threadOfEvent,
  wrongMention,
]
