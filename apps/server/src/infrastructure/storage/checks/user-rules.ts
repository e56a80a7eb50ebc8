import type { Rule } from './rule.ts'

const namedByThemselves: Rule = {
  kind: 'user-named-by-themselves',
  sql: `
    select null as conversation_id, id as subject, 'is named by itself, not by another user' as detail
    from users where named_by is not null and named_by = id`,
}

export const userRules: readonly Rule[] = [namedByThemselves]
