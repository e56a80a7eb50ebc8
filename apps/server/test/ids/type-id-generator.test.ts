import { parseAuditEntryId, parseConversationId, parseMembershipId, parseMessageId } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { encodeBase32 } from '../../src/infrastructure/ids/base32.ts'
import { TypeIdGenerator } from '../../src/infrastructure/ids/type-id-generator.ts'

describe('encodeBase32', () => {
  it.each([
    ['00000000-0000-0000-0000-000000000000', '00000000000000000000000000'],
    ['00000000-0000-0000-0000-000000000001', '00000000000000000000000001'],
    ['00000000-0000-0000-0000-000000000020', '00000000000000000000000010'],
    ['ffffffff-ffff-ffff-ffff-ffffffffffff', '7zzzzzzzzzzzzzzzzzzzzzzzzz'],
    ['0188bac7-4afa-78aa-bc3b-bd1eef28d881', '01h2xcejqtf2nbrexx3vqjhp41'],
  ])('writes %s as the TypeID specification does', (uuid, text) => {
    expect(encodeBase32(Buffer.from(uuid.replaceAll('-', ''), 'hex'))).toBe(text)
  })
})

describe('TypeIdGenerator', () => {
  it('makes ids of each kind that the domain knows', () => {
    const ids = new TypeIdGenerator({ now: () => Date.now() })
    expect(parseMessageId(ids.messageId())).toBeDefined()
    expect(parseConversationId(ids.conversationId())).toBeDefined()
    expect(parseMembershipId(ids.membershipId())).toBeDefined()
    expect(parseAuditEntryId(ids.auditEntryId())).toBeDefined()
  })

  it('makes each id greater than the one before, while the clock is stopped, runs or jumps back', () => {
    const times = [1_000_000, 1_000_000, 999_000, 1_000_001, 5]
    let turn = 0
    const ids = new TypeIdGenerator({ now: () => times[(turn++ / 3000) | 0] ?? 1_000_002 })
    const made = Array.from({ length: 20_000 }, () => ids.messageId())
    expect(made).toEqual([...made].sort())
    expect(new Set(made).size).toBe(made.length)
  })
})
