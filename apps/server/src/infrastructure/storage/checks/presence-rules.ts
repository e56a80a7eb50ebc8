import type { Rule } from './rule.ts'

const presenceWithoutUser: Rule = {
  kind: 'presence-without-user',
  sql: `
    select null as conversation_id, user_id as subject, 'has a presence, and is not a user' as detail
    from presences where not exists (select 1 from users where users.id = presences.user_id)`,
}

const wrongPresence: Rule = {
  kind: 'wrong-presence',
  sql: `
    select null as conversation_id, user_id as subject,
      'has the presence ' || choice || case when status_text is null then ' without a text' else ' with a text' end as detail
    from presences
    where choice not in ('AUTOMATIC', 'AWAY', 'DO_NOT_DISTURB', 'INVISIBLE')
      or (status_text is null and status_expires_at is not null)
      or length(status_text) not between 1 and 100
      or changed_at < 0 or last_seen_at < 0
      or (changed_at = 0 and (choice <> 'AUTOMATIC' or status_text is not null))`,
}

export const presenceRules: readonly Rule[] = [presenceWithoutUser, wrongPresence]
