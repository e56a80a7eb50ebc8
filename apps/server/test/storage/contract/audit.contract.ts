import type { AuditEntry } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { auditEntryId, userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const [ann, bob] = [userId('ann'), userId('bob')]

const idsOf = (entries: readonly AuditEntry[]): readonly string[] => entries.map(({ id }) => id)

export const auditContract = (open: OpenHarness): void => {
  test('entries are read as they were written, those of a conversation newest first and by pages', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const other = await scribe.create({ members: [ann] })
    const { id: messageId } = await scribe.send(group, bob, 'said')
    const written = [
      await scribe.audit({ action: 'CONVERSATION_CREATED', conversationId: group, actorId: ann }),
      await scribe.audit({ action: 'MESSAGE_DELETED', conversationId: group, actorId: ann, subjectId: bob, messageId }),
      await scribe.audit({ action: 'ROLE_CHANGED', conversationId: group, before: 'MEMBER', after: 'ADMIN' }),
      await scribe.audit({ action: 'MEMBER_BANNED', conversationId: group, subjectId: bob, reason: 'It\'s "spam" 👎' }),
    ].toReversed()
    await scribe.audit({ action: 'CONVERSATION_CREATED', conversationId: other })
    const { audit } = (await harness.reopen()).latest
    expect(await audit.page({ of: group, limit: 10 })).toEqual(written)
    const first = await audit.page({ of: group, limit: 3 })
    expect(first).toEqual(written.slice(0, 3))
    expect(await audit.page({ of: group, limit: 3, ...(first[2] && { before: first[2].id }) })).toEqual(
      written.slice(3),
    )
    expect(await audit.byIds([...idsOf(written), auditEntryId(9_999_999)].map(id => id as never))).toHaveLength(4)
  })

  test('the server has acts on users and the deletions of conversations, and nothing else of a conversation', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    await scribe.audit({ action: 'MEMBER_ADDED', conversationId: group, subjectId: bob })
    const signedOut = await scribe.audit({ action: 'USER_SIGNED_OUT', subjectId: bob })
    await scribe.deleteConversation(group)
    const deleted = await scribe.audit({ action: 'CONVERSATION_DELETED', conversationId: group })
    const { audit } = harness.store.latest
    expect(await audit.page({ of: 'server', limit: 10 })).toEqual([deleted, signedOut])
    expect(await audit.page({ of: 'server', limit: 10, before: deleted.id })).toEqual([signedOut])
  })

  test('a batch that is not committed leaves no entry, and an entry cannot be written over another', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const entry = await scribe.audit({ action: 'USER_SIGNED_OUT', subjectId: bob })
    await expect(scribe.write({ audit: [{ ...entry, reason: 'forged' }] })).rejects.toThrow()
    await (await harness.store.begin([]))[Symbol.asyncDispose]()
    expect(await harness.store.latest.audit.byIds([entry.id])).toEqual([entry])
  })

  test('the entries of a deleted conversation are erased with it, except that of its deletion', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const [group, kept] = [await scribe.create({ members: [ann] }), await scribe.create({ members: [ann] })]
    for (let count = 0; count < 7; count += 1)
      for (const conversationId of [group, kept])
        await scribe.audit({ action: 'MEMBER_ADDED', conversationId, subjectId: bob })
    const deleted = await scribe.audit({ action: 'CONVERSATION_DELETED', conversationId: group })
    await scribe.deleteConversation(group)
    while ((await harness.store.purge(4)) > 0) {}
    const { audit } = harness.store.latest
    expect(await audit.page({ of: group, limit: 10 })).toEqual([deleted])
    expect(await audit.page({ of: kept, limit: 10 })).toHaveLength(7)
  })
}
