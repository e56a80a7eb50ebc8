import type { Rule } from './rule.ts'

const malformedSecret: Rule = {
  kind: 'malformed-secret',
  sql: `
    select null as conversation_id, 'bus_secret' as subject, 'a secret has 43 characters, this one has '
      || length(secret) as detail
    from bus_secret where length(secret) <> 43`,
}

export const secretRules: readonly Rule[] = [malformedSecret]
