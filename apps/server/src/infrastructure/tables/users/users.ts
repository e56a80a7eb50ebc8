import type { User } from '@cpc-messenger/messenger'
import { flag, instant, json, nullable, oneOf, text, userId } from '../definition/codec.ts'
import { folded } from '../definition/folded.ts'
import { defineTable, kept, key, storedIn } from '../definition/table.ts'

export const users = defineTable<User>()('users', {
  fields: {
    id: key(userId),
    kind: oneOf<User['kind']>(['PERSON', 'BOT']),
    displayName: text,
    avatarUrl: nullable(text),
    metadata: json,
    createdAt: kept(instant),
    profileAsOf: nullable(instant),
    namedById: storedIn('named_by', nullable(userId)),
    deactivatedAt: nullable(instant),
    tokensValidFrom: nullable(instant),
    administrator: flag,
    accountChangedAt: nullable(instant),
  },
  added: {
    foldedId: kept({ of: user => folded(user.id) }),
    foldedName: { of: user => folded(user.displayName) },
  },
})
